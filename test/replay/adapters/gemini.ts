import { parseJson } from "../../../src/json.ts";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

interface Foreign {
  candidates?: { content?: { parts?: ForeignPart[] }; finishReason?: string }[];
  promptFeedback?: { blockReason?: string };
  usageMetadata?: ForeignUsage;
  error?: { code: number };
}

interface ForeignPart {
  text?: string;
  thought?: boolean;
  functionCall?: { name: string; args?: unknown };
}

interface ForeignUsage {
  promptTokenCount?: number;
  toolUsePromptTokenCount?: number;
  cachedContentTokenCount?: number;
  thoughtsTokenCount?: number;
  totalTokenCount: number;
}

function piecesOf(recording: Recording): Foreign[] {
  const body = bodyOf(recording).toString();
  if (!isStream(recording)) return [parseJson(body)].flat() as Foreign[];
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:"));
  return lines.map((line) => parseJson(line.slice("data:".length)) as Foreign);
}

function toUsage(usage: ForeignUsage): Usage | undefined {
  if (usage.promptTokenCount === undefined) return undefined;
  const inputTokens = usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0);
  return {
    inputTokens,
    // Whatever is not input was written, thoughts among it.
    outputTokens: usage.totalTokenCount - inputTokens,
    cachedInputTokens: usage.cachedContentTokenCount,
    reasoningTokens: usage.thoughtsTokenCount,
  };
}

const reasons: Readonly<Record<string, FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content_filter",
};

const codes: Readonly<Record<number, Extract<Expected, { type: "failure" }>["code"]>> = {
  400: "provider_rejected",
  404: "provider_model_unknown",
  429: "provider_rate_limited",
  503: "provider_overloaded",
};

function expectResult(recording: Recording): Expected {
  const { status, body } = recording.response;
  if (status !== 200) return { type: "failure", code: codes[status]! };
  if (recording.meta.endpoint === "gemini.countTokens") {
    return { type: "token-count", inputTokens: (body as { totalTokens: number }).totalTokens };
  }
  return recording.meta.endpoint === "gemini.embed" ? expectVectors(body) : expectAnswer(recording);
}

function expectVectors(body: unknown): Expected {
  const { embeddings, usageMetadata } = body as { embeddings: { values: number[] }[]; usageMetadata?: ForeignUsage };
  const inputTokens = usageMetadata?.promptTokenCount;
  return { type: "embeddings", count: embeddings.length, dimensions: embeddings[0]!.values.length, inputTokens };
}

function expectAnswer(recording: Recording): Expected {
  let [text, reasoning] = ["", ""];
  let [raw, blocked]: (string | undefined)[] = [];
  let usage: Usage | undefined;
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const piece of piecesOf(recording)) {
    if (piece.error) return { type: "failure", code: codes[piece.error.code]! };
    if (piece.usageMetadata) usage = toUsage(piece.usageMetadata);
    blocked = piece.promptFeedback?.blockReason ?? blocked;
    const candidate = piece.candidates?.[0];
    raw = candidate?.finishReason ?? raw;
    for (const part of candidate?.content?.parts ?? []) {
      if (part.thought) reasoning += part.text ?? "";
      else text += part.text ?? "";
      if (part.functionCall) {
        const { name, args } = part.functionCall;
        toolCalls.push({ name, arguments: args === undefined ? "" : JSON.stringify(args) });
      }
    }
  }
  const stopped = toolCalls.length > 0 && raw === "STOP" ? "tool_calls" : (reasons[raw ?? ""] ?? "other");
  const finishReason = blocked === undefined ? stopped : "content_filter";
  return { type: "answer", text, reasoning, toolCalls, finishReason, rawFinishReason: raw ?? blocked, usage };
}

const event = (piece: unknown): string => `data: ${JSON.stringify(piece)}\r\n\r\n`;

function byHand(id: string, endpoint: string, response: Recording["response"]): Recording {
  return {
    id,
    provider: "hand",
    request: { method: "POST", host: "h", path: "/v1beta/models/m:generateContent" },
    response,
    meta: { endpoint },
  };
}

const say = (...parts: ForeignPart[]): Foreign => ({ candidates: [{ content: { parts } }] });
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 4, thoughtsTokenCount: 5, totalTokenCount: 12 };

export const geminiAdapter: ReplayAdapter = {
  name: "gemini",
  covers: ({ meta }) => meta.endpoint.startsWith("gemini."),
  create: ({ url, recording, outbound, clock }) =>
    createGeminiProvider({
      name: "replay",
      baseUrl: `${url}/v1beta`,
      auth: recording.provider === "vertex" ? "bearer" : "api-key",
      outbound,
      clock,
    }),
  expect: expectResult,
  handWritten: [
    byHand("text", "gemini.stream", {
      status: 200,
      sse_text: `${event(say({ text: "Hm.", thought: true }))}${event(say({ text: "Grüße 漢字 " }))}${event({
        candidates: [{ content: { parts: [{ text: "👩‍🚀" }] }, finishReason: "STOP" }],
        usageMetadata,
      })}`,
    }),
    byHand("calls", "gemini.stream", {
      status: 200,
      sse_text: `${event(say({ functionCall: { name: "f", args: { x: 1 } } }))}${event(
        say({ functionCall: { name: "f", args: { x: 2 } } }, { functionCall: { name: "g" } }),
      )}${event({ candidates: [{ finishReason: "STOP" }], usageMetadata })}`,
    }),
    byHand("error-midway", "gemini.stream", {
      status: 200,
      sse_text: `${event(say({ text: "Half" }))}${event({ error: { code: 503, status: "UNAVAILABLE" } })}`,
    }),
    byHand("whole", "gemini.generate", {
      status: 200,
      body: { candidates: [{ content: { parts: [{ text: "x" }] }, finishReason: "MAX_TOKENS" }], usageMetadata },
    }),
    byHand("blocked", "gemini.generate", {
      status: 200,
      body: { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } },
    }),
    byHand("error", "gemini.generate", {
      status: 429,
      body: [{ error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "Slow down." } }],
    }),
    byHand("vectors", "gemini.embed", { status: 200, body: { embeddings: [{ values: [0.5, -0.5] }] } }),
    byHand("count", "gemini.countTokens", { status: 200, body: { totalTokens: 7 } }),
  ],
};
