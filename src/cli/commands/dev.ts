import type { LoadedEndpoint } from "../../endpoint/snapshot.ts";
import { watchProject } from "../../endpoint/project-watcher.ts";
import { systemClock } from "../../clock.ts";
import type { Command } from "../command.ts";
import { formatProblems } from "../format-problems.ts";
import { serveOptions, serveProject } from "../serve-project.ts";
import type { Serving } from "../serve-project.ts";

export const dev: Command = {
  name: "dev",
  summary: "Serve the project on this machine and reload it on change.",
  usage: "[--project <folder>] [--host <address>] [--port <number>]",
  description:
    "Serves the project without keys, on a loopback address only, and reloads it when a file changes; a change with mistakes is reported and the last good state goes on serving. Without a declared provider it takes a key found in the environment, else a model server on this machine, else the built-in offline engine, and says which. The log goes to standard error.",
  options: serveOptions,
  positionals: 0,
  run: async (input, terminal) => {
    const serving = await serveProject(input, terminal, {
      auth: "open",
      sources: ["hosted", "model-server", "local"],
      logTo: 2,
    });
    terminal.out(describe(serving));
    const watcher = watchProject({
      folder: serving.folder,
      clock: systemClock,
      onChange: async () => {
        const { ok, problems } = await serving.gateway.project.reload();
        if (ok) terminal.out(`Reloaded: snapshot ${serving.gateway.snapshot.id}.\n`);
        else terminal.out(`The change has mistakes; the last good state goes on serving.\n${formatProblems(problems)}`);
      },
    });
    await terminal.untilStopped();
    terminal.out("\nStopping: calls in flight finish first.\n");
    watcher.close();
    await serving.close();
    return 0;
  },
};

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
