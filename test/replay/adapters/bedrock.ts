import { crc32 } from "node:zlib";
import { parseJson } from "../../../src/json.ts";
import { createBedrockProvider } from "../../../src/providers/bedrock/bedrock.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { isStream, type Recording } from "../recording.ts";

interface ForeignUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadInputTokens?: number;
  cacheWriteInputTokens?: number;
}

interface ForeignBlock {
  text?: string;
  toolUse?: { name: string; input: unknown; type?: string };
  reasoningContent?: { reasoningText?: { text: string } };
}

interface Foreign {
  output: { message: { content: ForeignBlock[] } };
  stopReason: string;
  usage?: ForeignUsage;
  inputTokens?: number;
}

interface ForeignEvent {
  contentBlockIndex?: number;
  start?: { toolUse?: { name: string; type?: string } };
  delta?: { text?: string; toolUse?: { input: string }; reasoningContent?: { text?: string } };
  stopReason?: string;
  usage?: ForeignUsage;
  message?: string;
}

/** Reads frames by their lengths alone; their headers are searched as text. */
function framesOf(bytes: Buffer): { readonly type: string; readonly event: ForeignEvent }[] {
  const frames: { type: string; event: ForeignEvent }[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const payloadAt = at + 12 + bytes.readUInt32BE(at + 4);
    const headers = bytes.toString("latin1", at + 12, payloadAt);
    const type = /:(?:event|exception)-type[^a-zA-Z]+([a-zA-Z]+)/.exec(headers)?.[1] ?? "";
    const event = parseJson(bytes.toString("utf8", payloadAt, at + bytes.readUInt32BE(at) - 4)) as ForeignEvent;
    frames.push({ type, event });
  }
  return frames;
}

function toUsage(usage: ForeignUsage | undefined): Usage | undefined {
  if (!usage) return undefined;
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage;
  return {
    inputTokens: inputTokens + cacheReadInputTokens + cacheWriteInputTokens,
    outputTokens,
    cachedInputTokens: cacheReadInputTokens,
    cacheWriteTokens: cacheWriteInputTokens,
  };
}

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

const codes: Readonly<Record<string, Extract<Expected, { type: "failure" }>["code"]>> = {
  400: "provider_rejected",
  403: "provider_auth",
  404: "provider_model_unknown",
  424: "provider_unavailable",
  429: "provider_rate_limited",
  503: "provider_overloaded",
  throttlingException: "provider_rate_limited",
  validationException: "provider_rejected",
  modelStreamErrorException: "provider_unavailable",
};

function expectWhole(foreign: Foreign): Expected {
  const { content } = foreign.output.message;
  const calls = content.flatMap(({ toolUse }) => (toolUse && toolUse.type !== "server_tool_use" ? [toolUse] : []));
  return {
    type: "answer",
    text: content.map(({ text }) => text ?? "").join(""),
    reasoning: content.map(({ reasoningContent }) => reasoningContent?.reasoningText?.text ?? "").join(""),
    toolCalls: calls.map(({ name, input }) => ({ name, arguments: JSON.stringify(input) })),
    finishReason: reasons[foreign.stopReason] ?? "other",
    rawFinishReason: foreign.stopReason,
    usage: toUsage(foreign.usage),
  };
}

function expectStreamed(bytes: Buffer): Expected {
  let [text, reasoning, raw] = ["", "", ""];
  let usage: Usage | undefined;
  const toolCalls = new Map<number, { name: string; arguments: string }>();
  for (const { type, event } of framesOf(bytes)) {
    if (type.endsWith("Exception")) return { type: "failure", code: codes[type]! };
    const { contentBlockIndex: index = 0, start, delta } = event;
    text += delta?.text ?? "";
    reasoning += delta?.reasoningContent?.text ?? "";
    raw ||= event.stopReason ?? "";
    usage = toUsage(event.usage) ?? usage;
    if (start?.toolUse && start.toolUse.type !== "server_tool_use") {
      toolCalls.set(index, { name: start.toolUse.name, arguments: "" });
    }
    const call = toolCalls.get(index);
    if (call) call.arguments += delta?.toolUse?.input ?? "";
  }
  const finishReason = reasons[raw] ?? "other";
  return {
    type: "answer",
    text,
    reasoning,
    toolCalls: [...toolCalls.values()],
    finishReason,
    rawFinishReason: raw,
    usage,
  };
}

function expectAnswer(recording: Recording): Expected {
  const { status, body, body_base64: base64 } = recording.response;
  if (status !== 200) return { type: "failure", code: codes[status]! };
  if (isStream(recording)) return expectStreamed(Buffer.from(base64 ?? "", "base64"));
  const foreign = body as Foreign;
  if (!recording.meta.endpoint.endsWith("count-tokens")) return expectWhole(foreign);
  return { type: "token-count", inputTokens: foreign.inputTokens ?? 0 };
}

function frame(kind: "event" | "exception", type: string, payload: unknown): Buffer {
  const header = (name: string, value: string): Buffer => {
    const length = Buffer.from([7, value.length >> 8, value.length & 255]);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
  };
  const headers = Buffer.concat([header(`:${kind}-type`, type), header(":message-type", kind)]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(headers.length + body.length + 16, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message), 0);
  return Buffer.concat([message, checksum]);
}

function byHand(id: string, response: Recording["response"], endpoint = "bedrock.converse"): Recording {
  return {
    id,
    provider: "hand",
    request: { method: "POST", host: "h", path: "/model/m/converse" },
    response,
    meta: { endpoint },
  };
}

function streamByHand(id: string, ...frames: readonly Buffer[]): Recording {
  return byHand(id, { status: 200, body_base64: Buffer.concat(frames).toString("base64") }, "bedrock.converse-stream");
}

const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 14, cacheReadInputTokens: 7 };

export const bedrockAdapter: ReplayAdapter = {
  name: "bedrock",
  covers: ({ meta }) => /^bedrock\.(?:converse|converse-stream|count-tokens)$/.test(meta.endpoint),
  create: ({ url, outbound, clock }) =>
    createBedrockProvider({
      name: "replay",
      baseUrl: url,
      region: "us-east-1",
      credentials: { type: "bearer", apiKey: "k" },
      outbound,
      clock,
    }),
  expect: expectAnswer,
  handWritten: [
    byHand("whole", {
      status: 200,
      body: {
        output: {
          message: {
            role: "assistant",
            content: [{ text: "x" }, { toolUse: { toolUseId: "a", name: "f", input: { x: 1 } } }],
          },
        },
        stopReason: "tool_use",
        usage,
      },
    }),
    streamByHand(
      "text",
      frame("event", "messageStart", { role: "assistant" }),
      frame("event", "contentBlockDelta", { contentBlockIndex: 0, delta: { reasoningContent: { text: "Hm." } } }),
      frame("event", "contentBlockStop", { contentBlockIndex: 0 }),
      frame("event", "contentBlockDelta", { contentBlockIndex: 1, delta: { text: "Grüße 漢字 👩‍🚀" } }),
      frame("event", "contentBlockStop", { contentBlockIndex: 1 }),
      frame("event", "messageStop", { stopReason: "max_tokens" }),
      frame("event", "metadata", { usage }),
    ),
    streamByHand(
      "tools",
      frame("event", "messageStart", { role: "assistant" }),
      frame("event", "contentBlockStart", { contentBlockIndex: 0, start: { toolUse: { toolUseId: "a", name: "f" } } }),
      frame("event", "contentBlockDelta", { contentBlockIndex: 0, delta: { toolUse: { input: '{"x"' } } }),
      frame("event", "contentBlockDelta", { contentBlockIndex: 0, delta: { toolUse: { input: ":1}" } } }),
      frame("event", "contentBlockStop", { contentBlockIndex: 0 }),
      frame("event", "messageStop", { stopReason: "tool_use" }),
      frame("event", "metadata", { usage }),
    ),
    streamByHand("exception", frame("exception", "throttlingException", { message: "Too many requests." })),
    byHand("count", { status: 200, body: { inputTokens: 5 } }, "bedrock.count-tokens"),
    byHand("error", { status: 503, body: { message: "Busy." } }),
  ],
};
