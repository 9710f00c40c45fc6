import { isRecord, parseJson } from "../../src/json.ts";
import type { Json } from "../matrix/matrix-case.ts";
import type { SeenCall } from "./upstream.ts";

/**
 * What a vendor was told, a line for each thing, in words that are the same for every vendor. A result of a tool is told
 * by the call that it answers.
 */
export function tellRequest({ vendor, body }: SeenCall): string[] {
  const steps = readers[vendor]?.steps(body) ?? [];
  // Without ids it is the order that tells which of a tool's calls a result answers.
  const open: { readonly id: unknown; readonly call: string }[] = [];
  return steps.flatMap((step) => {
    if (step.type === "call") {
      const call = `${String(step.name)} ${JSON.stringify(step.arguments)}`;
      open.push({ id: step.id ?? step.name, call });
      return [`assistant calls ${call}`];
    }
    if (step.type === "result") {
      const index = open.findIndex(({ id }) => id === step.id);
      const [answered] = index === -1 ? [] : open.splice(index, 1);
      return [`${answered?.call ?? "nothing"} gives: ${step.text}`];
    }
    return step.text === "" ? [] : [`${step.role}: ${step.text}`];
  });
}

/** Names of the tools that a vendor was offered. */
export function listTools({ vendor, body }: SeenCall): readonly unknown[] {
  return readers[vendor]?.tools(body) ?? [];
}

/** The JSON Schema that a vendor's answer is to follow. */
export function findSchema({ vendor, body }: SeenCall): unknown {
  return readers[vendor]?.schema(body);
}

type Step =
  | { readonly type: "text"; readonly role: string; readonly text: string }
  | { readonly type: "call"; readonly id?: unknown; readonly name: unknown; readonly arguments: unknown }
  | { readonly type: "result"; readonly id: unknown; readonly text: string };

interface Reader {
  readonly steps: (body: Json) => readonly Step[];
  readonly tools: (body: Json) => readonly unknown[];
  readonly schema: (body: Json) => unknown;
}

const readers: Readonly<Record<string, Reader>> = {
  "openai-chat": {
    steps: (body) => list(body["messages"]).flatMap(readChatMessage),
    tools: (body) => list(body["tools"]).map((tool) => find(tool, "function", "name")),
    schema: (body) => find(body, "response_format", "json_schema", "schema"),
  },
  "openai-responses": {
    steps: ({ instructions, input }) => [
      ...readTexts("system", instructions),
      ...(typeof input === "string" ? readTexts("user", input) : list(input).flatMap(readItem)),
    ],
    tools: (body) => list(body["tools"]).map((tool) => tool["name"]),
    schema: (body) => find(body, "text", "format", "schema"),
  },
  anthropic: {
    steps: (body) => [...readTexts("system", body["system"]), ...list(body["messages"]).flatMap(readTurn)],
    tools: (body) => list(body["tools"]).map((tool) => tool["name"]),
    schema: (body) => find(body, "output_config", "format", "schema"),
  },
  gemini: {
    steps: (body) => [
      ...list(find(body, "systemInstruction", "parts")).flatMap((part) => readPart("system", part)),
      ...list(body["contents"]).flatMap(({ role, parts }) => list(parts).flatMap((part) => readPart(role, part))),
    ],
    tools: (body) => list(body["tools"]).flatMap((tool) => list(tool["functionDeclarations"]).map(({ name }) => name)),
    schema: (body) => find(body, "generationConfig", "responseJsonSchema"),
  },
};

function readChatMessage(message: Json): Step[] {
  const { role, content, tool_call_id: id } = message;
  if (role === "tool") return [{ type: "result", id, text: join(content) }];
  const calls = list(message["tool_calls"]).map((call): Step => ({
    type: "call",
    id: call["id"],
    name: find(call, "function", "name"),
    arguments: parseJson(String(find(call, "function", "arguments"))),
  }));
  return [...readTexts(role === "developer" ? "system" : String(role), content), ...calls];
}

function readItem(item: Json): Step[] {
  const { type, call_id: id, name, arguments: text, output, role, content } = item;
  if (type === "function_call") return [{ type: "call", id, name, arguments: parseJson(String(text)) }];
  if (type === "function_call_output") return [{ type: "result", id, text: join(output) }];
  if (type === "reasoning") return readTexts("reasoning", item["encrypted_content"] ?? item["id"]);
  return readTexts(role === "developer" ? "system" : String(role), content);
}

function readTurn({ role, content }: Json): Step[] {
  if (typeof content === "string") return readTexts(String(role), content);
  return list(content).flatMap((block): Step[] => {
    const { type, id, name, input, tool_use_id: callId } = block;
    if (type === "tool_use") return [{ type: "call", id, name, arguments: input }];
    if (type === "tool_result") return [{ type: "result", id: callId, text: join(block["content"]) }];
    if (type === "thinking") return readTexts("reasoning", block["signature"]);
    return readTexts(String(role), [block]);
  });
}

function readPart(role: unknown, part: Json): Step[] {
  const { functionCall: call, functionResponse: response, inlineData: data } = part;
  if (isRecord(call)) return [{ type: "call", id: call["id"], name: call["name"], arguments: call["args"] }];
  if (isRecord(response)) {
    const given = response["response"];
    const said = find(given, "result") ?? find(given, "error");
    const text = typeof said === "string" ? said : JSON.stringify(given);
    return [{ type: "result", id: response["id"] ?? response["name"], text }];
  }
  const seal = part["thoughtSignature"];
  const sealed: Step[] = typeof seal === "string" ? [{ type: "text", role: "reasoning", text: seal }] : [];
  const image = isRecord(data)
    ? [{ image_url: `data:${String(data["mimeType"])};base64,${String(data["data"])}` }]
    : [];
  const name = role === "model" ? "assistant" : String(role);
  if (part["thought"] === true) return sealed;
  return [...sealed, ...readTexts(name, [...image, { text: part["text"] ?? "" }])];
}

/** A text, or a list of parts in the words of any vendor. */
function readTexts(role: string, content: unknown): Step[] {
  if (typeof content === "string") return [{ type: "text", role, text: content }];
  return list(content).map((part) => ({ type: "text", role, text: toText(part) }));
}

function toText(part: Json): string {
  if (typeof part["text"] === "string") return part["text"];
  const url = part["image_url"];
  if (url !== undefined) return `[image ${String(isRecord(url) ? url["url"] : url)}]`;
  const { type, source } = part;
  if (isRecord(source))
    return `[${String(type)} data:${String(source["media_type"])};base64,${String(source["data"])}]`;
  return `[${String(type)}]`;
}

function join(content: unknown): string {
  return typeof content === "string" ? content : list(content).map(toText).join("");
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function find(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value);
}
