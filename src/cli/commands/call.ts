import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import type { Command, Terminal } from "../command.ts";
import { jsonOption, projectOption, textValue } from "../command.ts";
import { openDataFolder } from "../data-folder.ts";
import { callHere, callServer } from "../endpoint-call.ts";
import { findServer } from "../find-server.ts";
import { findProjectFolder } from "../project-folder.ts";

export const call: Command = {
  usage: "<endpoint> --input <file | - | json> [--stream] [--json]",
  description:
    "Calls an endpoint (summarize, or summarize/v2 for one version; default: the newest), through the running server if there is one, else in this process. Prints the answer as JSON; with --stream, one JSON event per line as it comes.",
  options: {
    input: {
      type: "string",
      short: "i",
      value: "<input>",
      description: "A JSON file, - for standard input, or JSON itself.",
    },
    stream: { type: "boolean", description: "Print events as they come, one JSON object per line." },
    key: { type: "string", value: "<key>", description: "API key for the running server. Default: HEADGATE_API_KEY." },
    project: projectOption,
    json: { ...jsonOption, description: "Print a failure as JSON too; answers always are." },
  },
  positionals: 1,
  run: async ({ values, positionals }, terminal) => {
    const [target] = positionals;
    const source = textValue(values, "input");
    if (target === undefined || source === undefined) {
      throw new HeadgateError("request_invalid", {
        detail: "Say what to call: headgate call <endpoint> --input <file | - | json>",
      });
    }
    const folder = findProjectFolder(values, terminal);
    const input = parseJson(await readInput(source, terminal));
    const server = await findServer(openDataFolder(folder));
    const key = textValue(values, "key") ?? terminal.environment.apiKey;
    const request = { ...parseTarget(target), input, stream: values["stream"] === true };
    const events = server ? callServer(server, key, request) : callHere(folder, request);
    for await (const event of events) {
      if (request.stream) terminal.out(`${JSON.stringify(event)}\n`);
      else if (event.type === "done") terminal.out(`${JSON.stringify(event.answer, null, 2)}\n`);
    }
    return 0;
  },
};

function parseTarget(text: string): { readonly endpoint: string; readonly contract: number | undefined } {
  const match = /^([a-z][a-z0-9-]*)(?:\/v([1-9]\d{0,5}))?$/.exec(text);
  if (!match?.[1])
    throw new HeadgateError("request_invalid", {
      detail: `"${text}" is no endpoint: write summarize or summarize/v1.`,
    });
  return { endpoint: match[1], contract: match[2] === undefined ? undefined : Number(match[2]) };
}

async function readInput(source: string, terminal: Terminal): Promise<string> {
  if (source === "-") {
    let text = "";
    for await (const chunk of terminal.stdin) text += String(chunk);
    return text;
  }
  if (/^\s*[{["]/.test(source)) return source;
  try {
    return readFileSync(resolve(terminal.cwd, source), "utf8");
  } catch (error) {
    throw new HeadgateError("request_invalid", { detail: `The input file ${source} cannot be read.`, cause: error });
  }
}
