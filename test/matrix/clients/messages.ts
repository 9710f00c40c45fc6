import { parseJson } from "../../../src/json.ts";
import type { Json, NextTurn } from "../matrix-case.ts";
import { pickChanged, shortenUsage, type MatrixClient, type SeenEvent } from "./client.ts";

type Block = Record<string, unknown>;

type Data = Json & {
  readonly type: string;
  readonly index?: number;
  readonly message?: Json;
  readonly content_block?: Block;
  readonly delta?: Json;
  readonly usage?: Json;
};

function grow(block: Block, delta: Json): void {
  const append = (name: string): void => {
    block[name] = ((block[name] as string | undefined) ?? "") + (delta[name] as string);
  };
  switch (delta["type"]) {
    case "text_delta":
      append("text");
      return;
    case "thinking_delta":
      append("thinking");
      return;
    case "signature_delta":
      append("signature");
      return;
    case "input_json_delta":
      append("partial_json");
      return;
    case "citations_delta":
      block["citations"] = [...((block["citations"] as unknown[] | null) ?? []), delta["citation"]];
      return;
    default:
      block["unknown"] = delta;
  }
}

function close({ partial_json: json, ...block }: Block): Block {
  if (json === undefined) return block;
  return { ...block, input: json === "" ? {} : parseJson(json as string) };
}

function accumulate(events: readonly SeenEvent[]): unknown {
  const blocks: Block[] = [];
  let message: Json = {};
  for (const event of events) {
    const { type, index = -1, message: begun, content_block: block, delta, usage } = event.data as Data;
    if (type === "message_start") message = begun ?? {};
    else if (type === "content_block_start") blocks[index] = structuredClone(block!);
    else if (type === "content_block_delta") grow(blocks[index]!, delta!);
    else if (type === "message_delta") {
      message = { ...message, ...delta, usage: { ...(message["usage"] as Json), ...usage } };
    }
  }
  return { ...message, content: blocks.map(close) };
}

function shorten({ event, data }: SeenEvent, _index: number, whole: Json): unknown {
  const { type, message, usage, ...fields } = data as Data;
  const begun = message && { ...pickChanged(message, whole), usage: shortenUsage(message["usage"], whole) };
  return {
    type,
    ...(event === type ? {} : { event }),
    ...(begun ? { message: begun } : {}),
    ...fields,
    ...(usage ? { usage: shortenUsage(usage, whole) } : {}),
  };
}

function goOn(request: Json, answer: Json, { toolResults = [], user }: NextTurn): Json {
  const content = answer["content"] as Block[];
  const calls = content.filter(({ type }) => type === "tool_use");
  const results = toolResults.map((text, index) => ({
    type: "tool_result",
    tool_use_id: calls[index]?.["id"],
    content: text,
  }));
  const said = user === undefined ? [] : [{ type: "text", text: user }];
  const turns = [
    { role: "assistant", content },
    { role: "user", content: [...results, ...said] },
  ];
  return { ...request, messages: [...(request["messages"] as unknown[]), ...turns] };
}

/** As `@anthropic-ai/sdk` speaks it. */
export const messagesClient: MatrixClient = {
  name: "messages",
  path: "/v1/messages",
  headers: { "x-api-key": "client-key", "anthropic-version": "2023-06-01" },
  streamFields: { stream: true },
  accumulate,
  shorten,
  goOn,
};
