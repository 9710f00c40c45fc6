import { isRecord, parseJson } from "../../json.ts";
import type { RawRequest } from "../request-reader.ts";

export type HostileDialect =
  | "openai-chat"
  | "openai-responses"
  | "openai-embeddings"
  | "openai-moderations"
  | "openai-models"
  | "anthropic"
  | "other";

/** One request, with what answers depend on read from its body. */
export interface HostileRequest extends RawRequest {
  readonly dialect: HostileDialect;
  /** Parsed; an empty object if it is not a JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
  /** "" if there is none. */
  readonly model: string;
  readonly isStream: boolean;
  /** What was said so far, in order; other parts than text are left out. */
  readonly turns: readonly { readonly role: string; readonly text: string; readonly isPrefix: boolean }[];
  readonly toolNames: readonly string[];
  /** The schema that the answer is asked to match. */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  readonly inputTokens: number;
}

const dialectOfPath: readonly (readonly [RegExp, HostileDialect])[] = [
  [/\/chat\/completions$/, "openai-chat"],
  [/\/responses$/, "openai-responses"],
  [/\/embeddings$/, "openai-embeddings"],
  [/\/moderations$/, "openai-moderations"],
  [/\/models$/, "openai-models"],
  [/\/messages$/, "anthropic"],
];

export function readHostileRequest(request: RawRequest): HostileRequest {
  const path = request.path.split("?", 1)[0]!;
  const json = readObject(request.body);
  const turns = readTurns(json);
  return {
    ...request,
    dialect: dialectOfPath.find(([pattern]) => pattern.test(path))?.[1] ?? "other",
    json,
    model: typeof json["model"] === "string" ? json["model"] : readDeployment(path),
    isStream: json["stream"] === true,
    turns,
    toolNames: readToolNames(json["tools"]),
    schema: readSchema(json),
    inputTokens: Math.ceil(turns.reduce((length, { text }) => length + text.length, 0) / 4) + 3,
  };
}

function readObject(body: Buffer): Record<string, unknown> {
  try {
    const json = parseJson(body.toString());
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}

// Azure has the model in the path.
function readDeployment(path: string): string {
  const name = /\/deployments\/([^/]+)\//.exec(path)?.[1];
  return name === undefined ? "" : decodeURIComponent(name);
}

function readTurns(json: Record<string, unknown>): HostileRequest["turns"] {
  const said = json["messages"] ?? json["input"];
  const items: readonly unknown[] = Array.isArray(said) ? said : [{ role: "user", content: said }];
  const first = json["system"] ?? json["instructions"];
  return [...(first === undefined ? [] : [{ role: "system", content: first }]), ...items].map((item) => ({
    role: isRecord(item) && typeof item["role"] === "string" ? item["role"] : "user",
    text: readText(isRecord(item) ? item["content"] : item),
    isPrefix: isRecord(item) && item["prefix"] === true,
  }));
}

function readText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isRecord(part) && typeof part["text"] === "string" ? part["text"] : "")).join("");
}

function readToolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    if (!isRecord(tool)) return [];
    const name = isRecord(tool["function"]) ? tool["function"]["name"] : tool["name"];
    return typeof name === "string" ? [name] : [];
  });
}

function readSchema(json: Record<string, unknown>): Record<string, unknown> | undefined {
  const { response_format: chat, text: responses, output_config: output, output_format: old } = json;
  const format = [
    isRecord(chat) && isRecord(chat["json_schema"]) ? chat["json_schema"] : undefined,
    isRecord(responses) ? responses["format"] : undefined,
    isRecord(output) ? output["format"] : undefined,
    old,
  ].find((found) => isRecord(found) && isRecord(found["schema"]));
  return isRecord(format) && isRecord(format["schema"]) ? format["schema"] : undefined;
}
