import type { Ending, Failure, Json, SaidAnswer, SaidLogprob } from "../matrix-case.ts";
import {
  firstWords,
  join,
  renderEvents,
  renderJson,
  retryAfterSeconds,
  type MatrixVendor,
  type RenderedAnswer,
  type SeenRequest,
} from "./vendor.ts";

const reasons: Readonly<Record<Ending, string>> = {
  stop: "stop",
  "stop-sequence": "stop",
  length: "length",
  "tool-calls": "tool_calls",
  refusal: "stop",
  "content-filter": "content_filter",
};

function toUsage({ usage }: SaidAnswer): Json {
  const { input, cacheRead = 0, cacheWrite = 0, output, reasoning = 0 } = usage;
  return {
    prompt_tokens: input + cacheRead + cacheWrite,
    completion_tokens: output + reasoning,
    total_tokens: input + cacheRead + cacheWrite + output + reasoning,
    prompt_tokens_details: { cached_tokens: cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function toLogprobs(logprobs: readonly SaidLogprob[] | undefined, request: SeenRequest): Json | null {
  if (!logprobs || request.body["logprobs"] !== true) return null;
  const bytes = (token: string): number[] => [...Buffer.from(token)];
  const content = logprobs.map(({ token, logprob, top }) => ({
    token,
    logprob,
    bytes: bytes(token),
    top_logprobs: top.map((other) => ({ ...other, bytes: bytes(other.token) })),
  }));
  return { content, refusal: null };
}

function toMessage(answer: SaidAnswer): Json {
  const { text, refusal, toolCalls = [], sources = [] } = answer;
  return {
    role: "assistant",
    content: text ? join(text) : null,
    ...(toolCalls.length === 0
      ? {}
      : {
          tool_calls: toolCalls.map(({ id, name, arguments: pieces }) => ({
            id,
            type: "function",
            function: { name, arguments: join(pieces) },
          })),
        }),
    refusal: refusal ? join(refusal) : null,
    annotations: sources.map(toAnnotation),
  };
}

function toAnnotation({ url, title, start, end }: NonNullable<SaidAnswer["sources"]>[number]): Json {
  return { type: "url_citation", url_citation: { end_index: end, start_index: start, title, url } };
}

const head = {
  id: "chatcmpl-vendor",
  created: 1_772_011_293,
  service_tier: "default",
  system_fingerprint: "fp_vendor",
};

function sayWhole(answer: SaidAnswer, request: SeenRequest): Json {
  const choice = {
    message: toMessage(answer),
    logprobs: toLogprobs(answer.logprobs, request),
    finish_reason: reasons[answer.end],
  };
  return {
    ...head,
    object: "chat.completion",
    model: request.body["model"],
    choices: Array.from({ length: answer.choices ?? 1 }, (_, index) => ({ index, ...choice })),
    usage: toUsage(answer),
  };
}

interface Delta {
  readonly delta: Json;
  readonly logprobs?: readonly SaidLogprob[];
}

function listDeltas({ text, logprobs, refusal, toolCalls = [], sources = [] }: SaidAnswer): Delta[] {
  const first = text ? { content: "", refusal: null } : { content: null, refusal: refusal ? "" : null };
  const calls = toolCalls.flatMap(({ id, name, arguments: pieces }, index) => [
    { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] },
    ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  return [
    { delta: { role: "assistant", ...first } },
    ...(text ?? []).map((content, index) => ({ delta: { content }, logprobs: logprobs?.slice(index, index + 1) })),
    ...(refusal ?? []).map((piece) => ({ delta: { refusal: piece } })),
    ...(sources.length === 0 ? [] : [{ delta: { annotations: sources.map(toAnnotation) } }]),
    ...calls.map((delta) => ({ delta })),
  ];
}

function sayStream(answer: SaidAnswer, request: SeenRequest): string[] {
  const options = request.body["stream_options"] as Json | undefined;
  const asksUsage = options?.["include_usage"] === true;
  const write = (fields: Json): string => {
    const chunk = { ...head, object: "chat.completion.chunk", model: request.body["model"], ...fields };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const usage = asksUsage ? { usage: null } : {};
  const indexes = Array.from({ length: answer.choices ?? 1 }, (_, index) => index);
  const deltas = listDeltas(answer).flatMap(({ delta, logprobs: said }) => {
    const logprobs = toLogprobs(said, request);
    return indexes.map((index) => write({ choices: [{ index, delta, logprobs, finish_reason: null }], ...usage }));
  });
  const ends = indexes.map((index) =>
    write({ choices: [{ index, delta: {}, logprobs: null, finish_reason: reasons[answer.end] }], ...usage }),
  );
  return [
    ...deltas,
    ...ends,
    ...(asksUsage ? [write({ choices: [], usage: toUsage(answer) })] : []),
    "data: [DONE]\n\n",
  ];
}

/** OpenAI's Chat Completions. */
export const openAiChatVendor: MatrixVendor = {
  name: "openai-chat",
  provider: (url) => ({ type: "openai-chat", vendor: "openai", baseUrl: `${url}/v1` }),
  environment: { OPENAI_API_KEY: "openai-key" },
  headers: { authorization: /^Bearer openai-key$/ },
  models: { plain: "gpt-4o", reasoning: "gpt-5.2" },
  relays: "chat",
  say: (answer, request) =>
    request.body["stream"] === true ? renderEvents(sayStream(answer, request)) : renderJson(sayWhole(answer, request)),
  fail: (failure, request) => {
    if (failure !== "overloaded" || request.body["stream"] !== true) return failOpenAi(failure);
    const [role = "", words = ""] = sayStream(firstWords, request);
    const error = { message: "The server is overloaded.", type: "server_error", param: null, code: "server_error" };
    return renderEvents([role, words, `data: ${JSON.stringify({ error })}\n\n`]);
  },
};

/** Failures before the first byte, which OpenAI's two dialects have in common. */
export function failOpenAi(failure: Failure): RenderedAnswer {
  const { status, headers, ...error } = failures[failure];
  return renderJson({ error }, status, headers);
}

const failures = {
  "rate-limit": {
    status: 429,
    headers: { "retry-after": String(retryAfterSeconds) },
    message: "Rate limit reached.",
    type: "tokens",
    param: null,
    code: "rate_limit_exceeded",
  },
  "context-too-long": {
    status: 400,
    headers: {},
    message: "This model's maximum context length is 128000 tokens. Your messages resulted in 200000 tokens.",
    type: "invalid_request_error",
    param: "messages",
    code: "context_length_exceeded",
  },
  overloaded: {
    status: 503,
    headers: {},
    message: "The server is overloaded.",
    type: "server_error",
    param: null,
    code: "server_error",
  },
};
