import { parseJson } from "../../../src/json.ts";
import { createAnthropicProvider } from "../../../src/providers/anthropic/anthropic.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

interface ForeignUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation?: { ephemeral_1h_input_tokens: number } | null;
  output_tokens_details?: { thinking_tokens: number } | null;
}

interface ForeignBlock {
  type: string;
  text?: string;
  thinking?: string;
  name?: string;
  input?: object;
}

interface ForeignMessage {
  content: ForeignBlock[];
  stop_reason?: string | null;
  usage?: ForeignUsage;
}

interface ForeignEvent {
  type: string;
  index?: number;
  message?: ForeignMessage;
  content_block?: ForeignBlock;
  delta?: { text?: string; thinking?: string; partial_json?: string; stop_reason?: string | null };
  usage?: ForeignUsage;
  error?: { type: string };
}

function eventsOf(recording: Recording): ForeignEvent[] {
  return bodyOf(recording)
    .toString()
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => parseJson(line.slice("data:".length)) as ForeignEvent);
}

/** The message that a stream adds up to; input of tools is put together as text first. */
function addUp(events: readonly ForeignEvent[]): ForeignMessage {
  const message: ForeignMessage = { content: [], usage: {} };
  const inputs: string[] = [];
  for (const { type, index = 0, message: start, content_block: block, delta, usage } of events) {
    Object.assign(message.usage!, dropNulls(start?.usage), dropNulls(usage));
    if (block) message.content[index] = block;
    if (type === "message_delta") message.stop_reason = delta?.stop_reason;
    if (type !== "content_block_delta") continue;
    const current = message.content[index]!;
    if (delta?.text !== undefined) current.text = (current.text ?? "") + delta.text;
    if (delta?.thinking !== undefined) current.thinking = (current.thinking ?? "") + delta.thinking;
    if (delta?.partial_json !== undefined) inputs[index] = (inputs[index] ?? "") + delta.partial_json;
  }
  for (const [index, text] of inputs.entries()) {
    if (text) message.content[index]!.input = { streamed: text };
  }
  return message;
}

function dropNulls(usage: ForeignUsage | undefined): ForeignUsage {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== null));
}

function toUsage(usage: ForeignUsage): Usage {
  const { cache_read_input_tokens: read = 0, cache_creation_input_tokens: written = 0 } = usage;
  return {
    inputTokens: usage.input_tokens! + read! + written!,
    outputTokens: usage.output_tokens!,
    cachedInputTokens: read!,
    cacheWriteTokens: written!,
    cacheWrite1hTokens: usage.cache_creation?.ephemeral_1h_input_tokens,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens,
  };
}

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

const codes: Readonly<Record<number, Extract<Expected, { type: "failure" }>["code"]>> = {
  400: "provider_rejected",
  401: "provider_auth",
  403: "provider_auth",
  404: "provider_model_unknown",
  413: "provider_rejected",
  429: "provider_rate_limited",
  500: "provider_unavailable",
  503: "provider_overloaded",
  529: "provider_overloaded",
};

const inBandCodes: Readonly<Record<string, Extract<Expected, { type: "failure" }>["code"]>> = {
  overloaded_error: "provider_overloaded",
  api_error: "provider_unavailable",
  rate_limit_error: "provider_rate_limited",
  invalid_request_error: "provider_rejected",
};

function expectAnswer(recording: Recording): Expected {
  const { status } = recording.response;
  if (status !== 200) return { type: "failure", code: codes[status]! };
  const isCount = recording.meta.endpoint === "anthropic.count_tokens";
  const body = isStream(recording) ? undefined : parseJson(bodyOf(recording).toString());
  if (isCount) return { type: "token-count", inputTokens: (body as { input_tokens: number }).input_tokens };
  const events = isStream(recording) ? eventsOf(recording) : [];
  const failure = events.find(({ type }) => type === "error");
  if (failure) return { type: "failure", code: inBandCodes[failure.error!.type]! };
  const { content, stop_reason: reason, usage } = (body as ForeignMessage | undefined) ?? addUp(events);
  const join = (key: "text" | "thinking"): string => content.map((block) => block[key] ?? "").join("");
  return {
    type: "answer",
    text: join("text"),
    reasoning: join("thinking"),
    toolCalls: content
      .filter(({ type }) => type === "tool_use")
      .map(({ name, input }) => ({ name: name!, arguments: toArguments(input!) })),
    finishReason: reasons[reason!] ?? "other",
    rawFinishReason: reason!,
    usage: usage && toUsage(usage),
  };
}

function toArguments(input: object): string {
  return "streamed" in input ? (input.streamed as string) : JSON.stringify(input);
}

/** Bedrock's InvokeModel passes Anthropic's own bodies through. */
function isPassedThrough({ meta, response }: Recording): boolean {
  return (
    meta.endpoint === "bedrock.invoke" &&
    response.status === 200 &&
    (response.body as { type?: unknown } | undefined)?.type === "message"
  );
}

const event = ({ type, ...rest }: { type: string; [key: string]: unknown }): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

function byHand(id: string, response: Recording["response"], endpoint = "anthropic.messages"): Recording {
  return {
    id,
    provider: "hand",
    request: { method: "POST", host: "h", path: "/v1/messages" },
    response,
    meta: { endpoint },
  };
}

const start = event({
  type: "message_start",
  message: { content: [], stop_reason: null, usage: { input_tokens: 3, cache_read_input_tokens: 5, output_tokens: 1 } },
});
const ending = (reason: string): string =>
  event({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 7 } }) +
  event({ type: "message_stop" });
const delta = (index: number, change: object): string => event({ type: "content_block_delta", index, delta: change });

export const anthropicAdapter: ReplayAdapter = {
  name: "anthropic",
  covers: (recording) => recording.meta.endpoint.startsWith("anthropic.") || isPassedThrough(recording),
  create: ({ url, outbound, clock }) => createAnthropicProvider({ name: "replay", baseUrl: url, outbound, clock }),
  expect: expectAnswer,
  dialect: "anthropic-messages",
  handWritten: [
    byHand("text", {
      status: 200,
      sse_text: [
        start,
        event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
        event({ type: "ping" }),
        delta(0, { type: "text_delta", text: "Grüße " }),
        delta(0, { type: "text_delta", text: "漢字 👩‍🚀" }),
        event({ type: "content_block_stop", index: 0 }),
        ending("end_turn"),
      ].join(""),
    }),
    byHand("thinking-and-tools", {
      status: 200,
      sse_text: [
        start,
        event({ type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } }),
        delta(0, { type: "thinking_delta", thinking: "Hm." }),
        delta(0, { type: "signature_delta", signature: "c2ln" }),
        event({ type: "content_block_stop", index: 0 }),
        event({
          type: "content_block_start",
          index: 1,
          content_block: { type: "tool_use", id: "a", name: "f", input: {} },
        }),
        delta(1, { type: "input_json_delta", partial_json: '{"x"' }),
        delta(1, { type: "input_json_delta", partial_json: ":1}" }),
        event({ type: "content_block_stop", index: 1 }),
        event({
          type: "content_block_start",
          index: 2,
          content_block: { type: "tool_use", id: "b", name: "g", input: {} },
        }),
        event({ type: "content_block_stop", index: 2 }),
        ending("tool_use"),
      ].join(""),
    }),
    byHand("whole", {
      status: 200,
      body: {
        type: "message",
        content: [{ type: "text", text: "x" }],
        stop_reason: "max_tokens",
        usage: { input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 4 },
      },
    }),
    byHand("count", { status: 200, body: { input_tokens: 12 } }, "anthropic.count_tokens"),
    byHand("overloaded", {
      status: 200,
      sse_text: event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    }),
    byHand("error", {
      status: 529,
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    }),
  ],
};
