import { openAiVendors, type OpenAiVendor } from "../../../src/endpoint/vendors.ts";
import { parseJson } from "../../../src/json.ts";
import type { OutboundRequest } from "../../../src/outbound.ts";
import { createOpenAiChatProvider } from "../../../src/providers/openai-chat/openai-chat.ts";
import type { FinishReason, Usage } from "../../../src/reply.ts";
import type { Expected, ReplayAdapter } from "../adapter.ts";
import { bodyOf, isStream, type Recording } from "../recording.ts";

interface Foreign {
  choices?: {
    error?: { code?: unknown };
    index?: number;
    delta?: ForeignMessage;
    message?: ForeignMessage;
    finish_reason?: string | null;
  }[];
  usage?: ForeignUsage | null;
  error?: { code?: unknown; status_code?: number; message?: string } | null;
}

interface ForeignUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null;
  prompt_cache_hit_tokens?: number;
  num_cached_tokens?: number;
  completion_tokens_details?: { reasoning_tokens?: number } | null;
}

interface ForeignMessage {
  content?: string | { type: string; text?: string; thinking?: { text?: string }[] }[] | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
  reasoning_details?: { text?: string }[];
  audio?: { transcript?: string };
  refusal?: string | null;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string | null } }[] | null;
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
    cachedInputTokens:
      usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? usage.num_cached_tokens,
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
  404: "provider_model_unknown",
  422: "provider_rejected",
  429: "provider_rate_limited",
  500: "provider_unavailable",
  503: "provider_overloaded",
};

function expectFailure({ response }: Recording): Expected {
  // Vendors have several codes for a prompt that is too long, and all say so in words.
  const isTooLong = /maximum context length|too_many_prompt_tokens/.test(bodyOf({ response } as Recording).toString());
  return { type: "failure", code: isTooLong ? "context_too_long" : codes[response.status]! };
}

function expectAnswer(recording: Recording): Expected {
  if (recording.response.status !== 200) return expectFailure(recording);
  let [text, reasoning, refusal] = ["", "", ""];
  let raw: string | undefined;
  let usage: Usage | undefined;
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const foreign of eventsOf(recording)) {
    const choice = foreign.choices?.find(({ index }) => (index ?? 0) === 0);
    const error = foreign.error ?? choice?.error;
    if (error) {
      const status = Number(foreign.error?.status_code ?? error.code);
      return { type: "failure", code: codes[status] ?? "provider_unavailable" };
    }
    if (foreign.usage) usage = toUsage(foreign.usage);
    raw = choice?.finish_reason ?? raw;
    const message = (isStream(recording) ? choice?.delta : choice?.message) ?? {};
    text += readText(message);
    reasoning += readReasoning(message);
    refusal += message.refusal ?? "";
    for (const call of message.tool_calls ?? []) {
      const { name, arguments: args } = call.function ?? {};
      if (name) toolCalls.push({ name, arguments: args ?? "" });
      else toolCalls[toolCalls.length - 1]!.arguments += args ?? "";
    }
  }
  // A model that was made to call a tool says that it stopped.
  const unified = raw === "stop" && toolCalls.length > 0 ? "tool_calls" : (reasons[raw ?? ""] ?? "other");
  const finishReason = refusal === "" ? unified : "content_filter";
  return { type: "answer", text: text + refusal, reasoning, toolCalls, finishReason, rawFinishReason: raw, usage };
}

function readText({ content, audio }: ForeignMessage): string {
  if (!Array.isArray(content)) return content ?? audio?.transcript ?? "";
  return content.map((piece) => piece.text ?? "").join("");
}

function readReasoning({ content, ...message }: ForeignMessage): string {
  const pieces = Array.isArray(content) ? content : [];
  const thoughts = pieces.flatMap(({ thinking = [] }) => thinking.map((thought) => thought.text ?? "")).join("");
  const details = (message.reasoning_details ?? []).map((detail) => detail.text ?? "").join("");
  return thoughts + (message.reasoning_content || message.reasoning || details);
}

function isVendor(name: string): name is OpenAiVendor {
  return name in openAiVendors;
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
  // The recorder took Writer's chat for Cohere's.
  covers: ({ provider, meta }) => meta.endpoint === "openai.chat" || provider === "writer",
  create: ({ url, recording, outbound, clock }) => {
    const base = { name: "replay", outbound, clock };
    // Known by its host alone.
    if (recording.provider === "snowflake") {
      const toLocal = (request: OutboundRequest): OutboundRequest => ({ ...request, url });
      const local = { ...outbound, stream: (request: OutboundRequest) => outbound.stream(toLocal(request)) };
      return createOpenAiChatProvider({ ...base, baseUrl: `https://${recording.request.host}`, outbound: local });
    }
    const vendor = isVendor(recording.provider) ? recording.provider : undefined;
    return createOpenAiChatProvider({ ...base, baseUrl: `${url}/v1`, vendor });
  },
  expect: expectAnswer,
  dialect: "openai-chat",
  differences: Object.fromEntries(
    ["5d05ecc48205", "f2c0d6eaab9f", "23ecaed8dd81", "b1ec388d982f", "98303b1312c1"].map((id) => [
      id,
      "Grok on Azure counts its own hidden prompt as cached, on top of the prompt: no more can be cached than there is.",
    ]),
  ),
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
