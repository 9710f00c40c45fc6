import { crc32 } from "node:zlib";
import { parseJson } from "../../../src/json.ts";
import type { Ending, Failure, Json, SaidAnswer } from "../matrix-case.ts";
import { join, renderJson, type MatrixVendor, type RenderedAnswer, type SeenRequest } from "./vendor.ts";

const reasons: Readonly<Record<Ending, string>> = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  refusal: "guardrail_intervened",
  "content-filter": "content_filtered",
};

interface SaidBlock {
  /** Absent: the block begins with its first delta. */
  readonly start?: Json;
  readonly whole: Json;
  readonly deltas: readonly Json[];
}

function toReasoning({ reasoning }: SaidAnswer, request: SeenRequest): SaidBlock[] {
  const fields = request.body["additionalModelRequestFields"] as Json | undefined;
  if (!reasoning || fields?.["thinking"] === undefined) return [];
  const { text, seal: signature } = reasoning;
  return [
    {
      whole: { reasoningContent: { reasoningText: { text: join(text), signature } } },
      deltas: [...text.map((piece) => ({ text: piece })), { signature }].map((reasoningContent) => ({
        reasoningContent,
      })),
    },
  ];
}

function toText({ text, refusal }: SaidAnswer): SaidBlock[] {
  const pieces = text ?? refusal ?? [];
  if (join(pieces) === "") return [];
  return [{ whole: { text: join(pieces) }, deltas: pieces.map((piece) => ({ text: piece })) }];
}

function toToolUse({ toolCalls = [] }: SaidAnswer): SaidBlock[] {
  return toolCalls.map(({ id, name, arguments: pieces }) => {
    const call = { name, toolUseId: id, type: "tool_use" };
    return {
      start: { toolUse: call },
      whole: { toolUse: { ...call, input: parseJson(join(pieces) || "{}") } },
      deltas: pieces.map((piece) => ({ toolUse: { input: piece } })),
    };
  });
}

function listBlocks(answer: SaidAnswer, request: SeenRequest): SaidBlock[] {
  return [...toReasoning(answer, request), ...toText(answer), ...toToolUse(answer)];
}

function toUsage({ usage }: SaidAnswer): Json {
  const { input, cacheRead = 0, cacheWrite = 0, output, reasoning = 0 } = usage;
  return {
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    inputTokens: input,
    outputTokens: output + reasoning,
    totalTokens: input + cacheRead + cacheWrite + output + reasoning,
  };
}

function sayWhole(answer: SaidAnswer, request: SeenRequest): Json {
  const content = listBlocks(answer, request).map(({ whole }) => whole);
  return {
    metrics: { latencyMs: 1000 },
    output: { message: { content, role: "assistant" } },
    stopReason: reasons[answer.end],
    usage: toUsage(answer),
  };
}

function sayStream(answer: SaidAnswer, request: SeenRequest): Buffer {
  return Buffer.concat([
    encodeMessage("messageStart", { role: "assistant" }),
    ...listBlocks(answer, request).flatMap(toMessages),
    encodeMessage("messageStop", { stopReason: reasons[answer.end] }),
    encodeMessage("metadata", { metrics: { latencyMs: 1000 }, usage: toUsage(answer) }),
  ]);
}

function toMessages({ start, deltas }: SaidBlock, contentBlockIndex: number): Buffer[] {
  const begin = start ? [encodeMessage("contentBlockStart", { contentBlockIndex, start })] : [];
  const grow = deltas.map((delta) => encodeMessage("contentBlockDelta", { contentBlockIndex, delta }));
  return [...begin, ...grow, encodeMessage("contentBlockStop", { contentBlockIndex })];
}

/** AWS's event stream: two lengths and their checksum, headers, the payload, a checksum of all. */
function encodeMessage(name: string, payload: Json, messageType: "event" | "exception" = "event"): Buffer {
  const headers = Buffer.concat([
    encodeHeader(`:${messageType}-type`, name),
    encodeHeader(":content-type", "application/json"),
    encodeHeader(":message-type", messageType),
  ]);
  const body = Buffer.from(JSON.stringify({ ...payload, p: "abcdefgh" }));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(headers.length + body.length + 16, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const head = Buffer.concat([prelude, encodeChecksum(prelude), headers, body]);
  return Buffer.concat([head, encodeChecksum(head)]);
}

const stringType = 7;

function encodeHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([stringType]),
    length,
    Buffer.from(value),
  ]);
}

function encodeChecksum(bytes: Buffer): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum;
}

function fail(failure: Failure, request: SeenRequest): RenderedAnswer {
  const [status, type, message] = failures[failure];
  if (failure === "overloaded" && isStream(request)) {
    const begun = encodeMessage("messageStart", { role: "assistant" });
    const words = encodeMessage("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } });
    const fault = encodeMessage("serviceUnavailableException", { message }, "exception");
    return { status: 200, headers: streamHeaders, body: Buffer.concat([begun, words, fault]) };
  }
  return renderJson({ message }, status, { "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/` });
}

const failures = {
  "rate-limit": [429, "ThrottlingException", "Too many tokens, please wait before trying again."],
  "context-too-long": [
    400,
    "ValidationException",
    "The model returned the following errors: prompt is too long: 200010 tokens > 200000 maximum",
  ],
  overloaded: [503, "ServiceUnavailableException", "Bedrock is unable to process your request."],
} as const;

const streamHeaders = { "content-type": "application/vnd.amazon.eventstream" };

function isStream({ path }: SeenRequest): boolean {
  return path.endsWith("/converse-stream");
}

/** Amazon Bedrock's Converse. */
export const bedrockVendor: MatrixVendor = {
  name: "bedrock",
  provider: (url) => ({ type: "bedrock", baseUrl: url, region: "us-east-1" }),
  environment: { AWS_ACCESS_KEY_ID: "aws-id", AWS_SECRET_ACCESS_KEY: "aws-secret" },
  headers: {
    authorization: /^AWS4-HMAC-SHA256 Credential=aws-id\/20260115\/us-east-1\/bedrock\/aws4_request, SignedHeaders=/,
    "x-amz-date": /^20260115T120000Z$/,
  },
  models: {
    plain: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    reasoning: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  },
  say: (answer, request) =>
    isStream(request)
      ? { status: 200, headers: streamHeaders, body: sayStream(answer, request) }
      : renderJson(sayWhole(answer, request)),
  fail,
};
