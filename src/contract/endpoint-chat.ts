import type { Message } from "../message.ts";
import type { DialectRequest } from "./dialect.ts";
import type { Completion } from "../reply.ts";
import type { LoadedEndpoint, Snapshot } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { isRecord, parseJson } from "../json.ts";
import type { JsonSchema } from "../json.ts";

const endpointModel = /^endpoint:([^/]+?)(?:\/v([1-9]\d{0,5}))?$/;

/**
 * Finds the endpoint that a chat client names as its model: `endpoint:name` (newest contract) or `endpoint:name/vN`.
 * Returns undefined for every other model.
 * @throws HeadgateError `endpoint_not_found`
 */
export function findEndpointByModel(model: string, snapshot: Snapshot): LoadedEndpoint | undefined {
  if (!model.startsWith("endpoint:")) return undefined;
  const [, name, contract] = endpointModel.exec(model) ?? [];
  let found: LoadedEndpoint | undefined;
  for (const endpoint of snapshot.endpoints.values()) {
    if (endpoint.name !== name || (contract !== undefined && endpoint.contract !== Number(contract))) continue;
    if (!found || endpoint.contract > found.contract) found = endpoint;
  }
  if (!found) throw new HeadgateError("endpoint_not_found");
  return found;
}

/**
 * Reads an endpoint's input from a chat: the last user message as JSON object, or as the text of the only field that the
 * input requires.
 * @throws HeadgateError `request_invalid`
 */
export function toEndpointInput(endpoint: LoadedEndpoint, messages: readonly Message[]): Record<string, unknown> {
  const message = messages.findLast(({ role }) => role === "user");
  if (!message) throw new HeadgateError("request_invalid", { detail: "The chat has no user message." });
  const text = toText(message);
  const object = parseObject(text);
  if (object) return object;
  const field = findTextField(endpoint.input.jsonSchema);
  if (field === undefined)
    throw new HeadgateError("request_invalid", {
      detail:
        "The endpoint has no single required text field, so the last user message must be its input as a JSON object.",
    });
  return { [field]: text };
}

/** What of a request an endpoint does not look at, a sentence each: its prompt, tools and settings are its own. */
export function listIgnored({ messages, tools, output, settings, foreign }: DialectRequest): string[] {
  const last = messages.findLast(({ role }) => role === "user");
  const hasMedia = Array.isArray(last?.content) && last.content.some(({ type }) => type !== "text");
  const ignored = [
    ["The messages before the last user message", messages.length > 1],
    ["What is not text in the last user message", hasMedia],
    ["The tools", tools !== undefined && tools.length > 0],
    ["The output format", output !== undefined],
    ["The settings", Object.keys(settings).length > 0],
  ] as const;
  const named = ignored.flatMap(([what, isThere]) => (isThere ? [what] : []));
  // What the words do not carry is nowhere above.
  const others = (foreign.losses ?? []).map(({ path }) => (path === "" ? "More fields" : path));
  return [...named, ...others].map((what) => `${what}: not used, since an endpoint has its own.`);
}

/** An endpoint's answer as a chat completion: the content is the JSON of the output fields. */
export function toEndpointCompletion(completion: Completion): Completion {
  if (!completion.outcome) throw new Error("The gateway's reply has no outcome.");
  return {
    text: JSON.stringify(completion.outcome.output),
    toolCalls: [],
    finishReason: "stop",
    ...(completion.usage ? { usage: completion.usage } : {}),
  };
}

function toText({ content }: Message): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value = parseJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function findTextField(schema: JsonSchema): string | undefined {
  const { required, properties } = schema;
  if (!Array.isArray(required) || required.length !== 1 || !isRecord(properties)) return undefined;
  const name = String(required[0]);
  const field = properties[name];
  return isRecord(field) && field["type"] === "string" ? name : undefined;
}
