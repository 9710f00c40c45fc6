import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { watchProject } from "../../endpoint/project-watcher.ts";
import type { ProjectWatcher } from "../../endpoint/project-watcher.ts";
import { systemClock } from "../../clock.ts";
import type { Command, Terminal } from "../command.ts";
import { formatProblems } from "../format-problems.ts";
import { serveOptions, serveProject } from "../serve-project.ts";
import type { Serving } from "../serve-project.ts";

export const dev: Command = {
  usage:
    "[--project <folder>] [--host <address>] [--port <number>] [--drain <seconds>] [--lame-duck <seconds>] [--json]",
  description:
    "Serves the project without keys, on a loopback address only, and reloads it when a file changes; a change with mistakes is reported and the last good state goes on serving. Without a declared provider it takes a key found in the environment, else a model server on this machine, else the built-in offline engine, and says which. The log goes to standard error; with --json, what goes to standard output is one JSON object per event, the first with the url, endpoints and provider.",
  options: serveOptions,
  positionals: 0,
  run: async (input, terminal) => {
    const serving = await serveProject(input, terminal, {
      auth: "open",
      sources: ["hosted", "model-server", "local"],
      logTo: 2,
      defaultLameDuckMs: 0,
    });
    const print = createPrinter(terminal, input.values["json"] === true);
    // Before the first line of output: whoever reads it may ask to stop at once.
    const stopped = terminal.untilStopped();
    let watcher: ProjectWatcher | undefined;
    let signal: string | undefined;
    try {
      print(describeStart(serving), describe(serving));
      watcher = watchForChanges(serving, print);
      signal = await stopped;
      print({ event: "server.stopping" }, "\nStopping: calls in flight finish first.\n");
    } finally {
      watcher?.close();
      await serving.close(signal);
    }
    return 0;
  },
};

type Print = (event: Readonly<Record<string, unknown>>, text: string) => void;

function createPrinter(terminal: Terminal, asJson: boolean): Print {
  return (event, text) => terminal.out(asJson ? `${JSON.stringify(event)}\n` : text);
}

/** Serving goes on without it where the machine cannot watch, for instance because its watches are used up. */
function watchForChanges({ folder, gateway }: Serving, print: Print): ProjectWatcher | undefined {
  const onError = ({ message }: Error): void =>
    print(
      { event: "project.unwatched", message },
      `Headgate cannot watch the project (${message}): changes are not noticed until the next start.\n`,
    );
  const onChange = async (): Promise<void> => {
    const { ok, problems } = await gateway.project.reload();
    const snapshot = gateway.snapshot.id;
    if (ok) print({ event: "project.reloaded", snapshot }, `Reloaded: snapshot ${snapshot}.\n`);
    else {
      const text = `The change has mistakes; the last good state goes on serving.\n${formatProblems(problems)}`;
      print({ event: "project.invalid", problems }, text);
    }
  };
  try {
    return watchProject({ folder, clock: systemClock, onChange, onError });
  } catch (error) {
    onError(error as Error);
    return undefined;
  }
}

function describeStart({ url, gateway }: Serving): Readonly<Record<string, unknown>> {
  const { snapshot, picked, store } = gateway;
  const endpoints = [...snapshot.endpoints.values()].map(({ name, contract, release }) => {
    return { name, contract, release, url: `${url}/api/${name}/v${contract}` };
  });
  const provider = { declared: picked === undefined, names: [...snapshot.providers.keys()], why: picked?.why };
  return { event: "server.started", url, snapshot: snapshot.id, endpoints, provider, store: store.kind };
}

function describe({ url, gateway }: Serving): string {
  const { snapshot, picked, store } = gateway;
  const endpoints = [...snapshot.endpoints.values()];
  const lines = endpoints.map(
    ({ name, contract, release }) => `  POST ${url}/api/${name}/v${contract}  (prompt ${release})`,
  );
  const provider = picked?.why ?? `Providers: ${[...snapshot.providers.keys()].join(", ")}.`;
  const state = store.kind === "embedded" ? "the embedded store in .headgate/" : "Postgres (DATABASE_URL)";
  return `Headgate is ready on ${url}

${lines.join("\n")}
  POST ${url}/v1/chat/completions
  Docs  ${url}/docs   OpenAPI  ${url}/openapi.json

${provider}
State is in ${state}. No API key is needed on this machine's loopback address.
${exampleCurl(url, endpoints)}
`;
}

/** A command line that works when pasted: the endpoint with the longest example has the most to show. */
function exampleCurl(url: string, endpoints: readonly LoadedEndpoint[]): string {
  const [shown] = endpoints
    .filter(({ example }) => example !== undefined)
    .map(({ name, contract, example }) => ({ path: `/api/${name}/v${contract}`, body: JSON.stringify(example) }))
    .sort((a, b) => b.body.length - a.body.length);
  if (!shown) return "";
  const quoted = shown.body.replaceAll("'", String.raw`'\''`);
  return `\nTry it:\n\ncurl -sS ${url}${shown.path} -H 'content-type: application/json' -d '${quoted}'\n`;
}
