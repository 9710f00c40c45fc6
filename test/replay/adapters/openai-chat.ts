import { parseJson } from "../../../src/json.ts";
import { createOpenAiChatProvider } from "../../../src/providers/openai-chat/openai-chat.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

interface Foreign {
  choices?: {
    index?: number;
    delta?: ForeignMessage;
    message?: ForeignMessage;
    finish_reason?: string | null;
  }[];
  usage?: ForeignUsage | null;
  error?: { code?: unknown; type?: unknown } | null;
}

interface ForeignUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null;
  prompt_cache_hit_tokens?: number;
  completion_tokens_details?: { reasoning_tokens?: number } | null;
}

interface ForeignMessage {
  content?: string | { type: string; text?: string; thinking?: { text?: string }[] }[] | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
  refusal?: string | null;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[] | null;
}

function eventsOf(recording: Recording): Foreign[] {
  const body = bodyOf(recording).toString();
  if (!isStream(recording)) return [parseJson(body) as Foreign];
  return body
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())
    .filter((data) => data !== "[DONE]" && data !== "")
    .map((data) => parseJson(data) as Foreign);
}

function toUsage(usage: ForeignUsage): Usage {
  return {
    inputTokens: usage.prompt_tokens,
    // The total says whether reasoning is counted inside the completion.
    outputTokens: usage.total_tokens - usage.prompt_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens,
    cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
  };
}

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
};

const codes: Readonly<Record<number, Extract<Expected, { type: "failure" }>["code"]>> = {
  400: "provider_rejected",
  401: "provider_auth",
  403: "provider_auth",
  404: "provider_rejected",
  422: "provider_rejected",
  429: "provider_rate_limited",
  500: "provider_unavailable",
  503: "provider_unavailable",
};

function expectAnswer(recording: Recording): Expected {
  const { status } = recording.response;
  if (status !== 200) return { type: "failure", code: codes[status]! };
  let [text, reasoning, refusal] = ["", "", ""];
  let raw: string | undefined;
  let usage: Usage | undefined;
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const foreign of eventsOf(recording)) {
    if (foreign.error) return { type: "failure", code: codes[Number(foreign.error.code)] ?? "provider_unavailable" };
    if (foreign.usage) usage = toUsage(foreign.usage);
    const choice = foreign.choices?.find(({ index }) => (index ?? 0) === 0);
    raw = choice?.finish_reason ?? raw;
    const { content, ...message } = (isStream(recording) ? choice?.delta : choice?.message) ?? {};
    const pieces = Array.isArray(content) ? content : [];
    text += typeof content === "string" ? content : pieces.map((piece) => piece.text ?? "").join("");
    reasoning += pieces.flatMap(({ thinking = [] }) => thinking.map((thought) => thought.text ?? "")).join("");
    reasoning += message.reasoning_content || message.reasoning || "";
    refusal += message.refusal ?? "";
    for (const call of message.tool_calls ?? []) {
      const { name, arguments: args = "" } = call.function ?? {};
      if (name) toolCalls.push({ name, arguments: args });
      else toolCalls[toolCalls.length - 1]!.arguments += args;
    }
  }
  const finishReason = refusal === "" ? (reasons[raw ?? ""] ?? "other") : "content_filter";
  return { type: "answer", text: text + refusal, reasoning, toolCalls, finishReason, rawFinishReason: raw, usage };
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

function byHand(id: string, response: Recording["response"]): Recording {
  return {
    id,
    provider: "hand",
    request: { method: "POST", host: "h", path: "/v1/chat/completions" },
    response,
    meta: { endpoint: "openai.chat" },
  };
}

export const openAiChatAdapter: ReplayAdapter = {
  name: "openai-chat",
  covers: ({ meta }) => meta.endpoint === "openai.chat",
  create: ({ url, outbound, clock }) =>
    createOpenAiChatProvider({ name: "replay", baseUrl: `${url}/v1`, hasSchemaMode: true, outbound, clock }),
  expect: expectAnswer,
  dialect: "openai-chat",
  handWritten: [
    byHand("text", {
      status: 200,
      sse_text: `: hi\n\n${event({ choices: [{ index: 0, delta: { role: "assistant", content: "Grüße " } }] })}${event({
        choices: [{ index: 0, delta: { content: "漢字 👩‍🚀" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      })}data: [DONE]\n\n`,
    }),
    byHand("tools", {
      status: 200,
      sse_text: `${event({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"x"' } }] } }] })}${event(
        { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] },
      )}${event({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] })}data: [DONE]\n\n`,
    }),
    byHand("whole", {
      status: 200,
      body: {
        choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "length" }],
        usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
      },
    }),
    byHand("in-band-error", { status: 200, sse_text: event({ error: { code: 503, message: "Down." } }) }),
    byHand("error", { status: 429, body: { error: { code: "rate_limit_exceeded", message: "Slow down." } } }),
  ],
};
