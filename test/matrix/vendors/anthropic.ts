import type { Ending, Json, SaidAnswer, SaidSource } from "../matrix-case.ts";
import { parseJson } from "../../../src/json.ts";
import {
  firstWords,
  join,
  renderEvents,
  renderJson,
  retryAfterSeconds,
  type MatrixVendor,
  type SeenRequest,
} from "./vendor.ts";

const reasons: Readonly<Record<Ending, string>> = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  refusal: "refusal",
  "content-filter": "refusal",
};

/** A block of the answer, with the deltas that it is streamed in. */
interface SaidBlock {
  readonly start: Json;
  readonly whole: Json;
  readonly deltas: readonly Json[];
}

function toThinking(answer: SaidAnswer, request: SeenRequest): SaidBlock[] {
  const { reasoning } = answer;
  const thinking = request.body["thinking"] as Json | undefined;
  if (!reasoning || thinking === undefined || thinking["type"] === "disabled") return [];
  const { text, seal: signature } = reasoning;
  return [
    {
      start: { type: "thinking", thinking: "", signature: "" },
      whole: { type: "thinking", thinking: join(text), signature },
      deltas: [
        ...text.map((piece) => ({ type: "thinking_delta", thinking: piece })),
        { type: "signature_delta", signature },
      ],
    },
  ];
}

function toCitation(text: string, { url, title, start, end }: SaidSource): Json {
  const cited = text.slice(start, end);
  return { type: "web_search_result_location", cited_text: cited, url, title, encrypted_index: "Eo8B" };
}

function toText({ text, refusal, sources = [] }: SaidAnswer): SaidBlock[] {
  const pieces = text ?? refusal ?? [];
  const said = join(pieces);
  if (said === "") return [];
  const citations = sources.map((source) => toCitation(said, source));
  return [
    {
      start: { type: "text", text: "", ...(citations.length === 0 ? {} : { citations: [] }) },
      whole: { type: "text", text: said, ...(citations.length === 0 ? {} : { citations }) },
      deltas: [
        ...citations.map((citation) => ({ type: "citations_delta", citation })),
        ...pieces.map((piece) => ({ type: "text_delta", text: piece })),
      ],
    },
  ];
}

function toToolUse({ toolCalls = [] }: SaidAnswer): SaidBlock[] {
  return toolCalls.map(({ id, name, arguments: pieces }) => {
    const call = { type: "tool_use", id, name };
    const deltas = ["", ...pieces].map((piece) => ({ type: "input_json_delta", partial_json: piece }));
    const caller = { caller: { type: "direct" } };
    return {
      start: { ...call, input: {}, ...caller },
      whole: { ...call, input: parseJson(join(pieces) || "{}"), ...caller },
      deltas,
    };
  });
}

function listBlocks(answer: SaidAnswer, request: SeenRequest): SaidBlock[] {
  return [...toThinking(answer, request), ...toText(answer), ...toToolUse(answer)];
}

function toInputUsage({ usage }: SaidAnswer): Json {
  const { input, cacheRead = 0, cacheWrite = 0 } = usage;
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  };
}

const tier = { service_tier: "standard", inference_geo: "global" };

function toStop({ end, stopSequence }: SaidAnswer): Json {
  return { stop_reason: reasons[end], stop_sequence: stopSequence ?? null, stop_details: null };
}

function sayWhole(answer: SaidAnswer, request: SeenRequest): Json {
  const { output, reasoning = 0 } = answer.usage;
  return {
    model: request.body["model"],
    id: "msg_vendor",
    type: "message",
    role: "assistant",
    content: listBlocks(answer, request).map(({ whole }) => whole),
    ...toStop(answer),
    usage: {
      ...toInputUsage(answer),
      output_tokens: output + reasoning,
      output_tokens_details: { thinking_tokens: reasoning },
      ...tier,
    },
  };
}

function sayStream(answer: SaidAnswer, request: SeenRequest): string[] {
  const { input, cacheRead = 0, cacheWrite = 0, output, reasoning = 0 } = answer.usage;
  const message = {
    model: request.body["model"],
    id: "msg_vendor",
    type: "message",
    role: "assistant",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...toInputUsage(answer), output_tokens: 1, ...tier },
  };
  const events: Json[] = [
    { type: "message_start", message },
    ...listBlocks(answer, request).flatMap(toEvents),
    {
      type: "message_delta",
      delta: toStop(answer),
      usage: {
        input_tokens: input,
        cache_creation_input_tokens: cacheWrite,
        cache_read_input_tokens: cacheRead,
        output_tokens: output + reasoning,
        output_tokens_details: { thinking_tokens: reasoning },
      },
    },
    { type: "message_stop" },
  ];
  return events.map((event) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`);
}

function toEvents({ start, deltas }: SaidBlock, index: number): Json[] {
  const begin = [
    { type: "content_block_start", index, content_block: start },
    ...(index === 0 ? [{ type: "ping" }] : []),
  ];
  const grow = deltas.map((delta) => ({ type: "content_block_delta", index, delta }));
  return [...begin, ...grow, { type: "content_block_stop", index }];
}

function toError(type: string, message: string): Json {
  return { type: "error", error: { type, message }, request_id: "req_vendor" };
}

/** Anthropic's Messages. */
export const anthropicVendor: MatrixVendor = {
  name: "anthropic",
  provider: (url) => ({ type: "anthropic", baseUrl: url }),
  environment: { ANTHROPIC_API_KEY: "anthropic-key" },
  headers: { "x-api-key": /^anthropic-key$/, "anthropic-version": /^2023-06-01$/ },
  models: { plain: "claude-sonnet-4-5", reasoning: "claude-opus-4-6" },
  relays: "messages",
  say: (answer, request) =>
    request.body["stream"] === true ? renderEvents(sayStream(answer, request)) : renderJson(sayWhole(answer, request)),
  fail: (failure, request) => {
    const [status, type, message] = failures[failure];
    const error = toError(type, message);
    if (failure === "overloaded" && request.body["stream"] === true) {
      const begun = sayStream(firstWords, request).slice(0, 4);
      return renderEvents([...begun, `event: error\ndata: ${JSON.stringify(error)}\n\n`]);
    }
    return renderJson(error, status, status === 429 ? { "retry-after": String(retryAfterSeconds) } : {});
  },
};

const failures = {
  "rate-limit": [429, "rate_limit_error", "Too many tokens."],
  "context-too-long": [400, "invalid_request_error", "prompt is too long: 200010 tokens > 200000 maximum"],
  overloaded: [529, "overloaded_error", "Overloaded"],
} as const;
