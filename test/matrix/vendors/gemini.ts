import { parseJson } from "../../../src/json.ts";
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
  stop: "STOP",
  "stop-sequence": "STOP",
  length: "MAX_TOKENS",
  "tool-calls": "STOP",
  refusal: "PROHIBITED_CONTENT",
  "content-filter": "SAFETY",
};

function configOf({ body }: SeenRequest): Json {
  return (body["generationConfig"] ?? {}) as Json;
}

function toThoughts({ reasoning }: SaidAnswer, request: SeenRequest): Json[] {
  const config = configOf(request)["thinkingConfig"] as Json | undefined;
  if (!reasoning || config?.["includeThoughts"] !== true) return [];
  return reasoning.text.map((text) => ({ text, thought: true }));
}

function isThird({ path }: SeenRequest): boolean {
  return path.includes("gemini-3");
}

/** A thought signature stands on the first call, else with the end of the text. */
function toSeal({ reasoning }: SaidAnswer, request: SeenRequest): Json {
  return reasoning && isThird(request) ? { thoughtSignature: reasoning.seal } : {};
}

// Only Gemini 3 names its calls.
function toSaid(answer: SaidAnswer, request: SeenRequest): Json[] {
  const { text = [], toolCalls = [] } = answer;
  const calls = toolCalls.map(({ id, name, arguments: pieces }, index) => {
    const call = { name, args: parseJson(join(pieces) || "{}") };
    const functionCall = isThird(request) ? Object.assign(call, { id }) : call;
    return index === 0 ? Object.assign({ functionCall }, toSeal(answer, request)) : { functionCall };
  });
  return [...text.map((piece) => ({ text: piece })), ...calls];
}

/** The last part of a stream without calls, and the end of a whole answer's text. */
function toLastText(answer: SaidAnswer, request: SeenRequest): Json {
  return { text: "", ...(answer.toolCalls ? {} : toSeal(answer, request)) };
}

function toUsage({ usage }: SaidAnswer): Json {
  const { input, cacheRead = 0, cacheWrite = 0, output, reasoning = 0 } = usage;
  const prompt = input + cacheRead + cacheWrite;
  return {
    promptTokenCount: prompt,
    ...(output === 0 ? {} : { candidatesTokenCount: output }),
    totalTokenCount: prompt + output + reasoning,
    ...(cacheRead === 0 ? {} : { cachedContentTokenCount: cacheRead }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
    ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
  };
}

function toLogprobs(logprobs: readonly SaidLogprob[] | undefined, request: SeenRequest): Json {
  if (!logprobs || configOf(request)["responseLogprobs"] !== true) return {};
  const toCandidate = ({ token, logprob }: Pick<SaidLogprob, "token" | "logprob">): Json => ({
    token,
    logProbability: logprob,
  });
  return {
    logprobsResult: {
      topCandidates: logprobs.map(({ top }) => ({ candidates: top.map(toCandidate) })),
      chosenCandidates: logprobs.map(toCandidate),
    },
  };
}

function toGrounding({ sources = [], text }: SaidAnswer): Json {
  if (sources.length === 0) return {};
  const said = join(text);
  return {
    groundingMetadata: {
      groundingChunks: sources.map(({ url, title }) => ({ web: { uri: url, title } })),
      groundingSupports: sources.map(({ start, end }, index) => ({
        segment: { startIndex: start, endIndex: end, text: said.slice(start, end) },
        groundingChunkIndices: [index],
      })),
    },
  };
}

function toHead({ path }: SeenRequest): Json {
  const [, model = ""] = /models\/([^:]+)/.exec(path) ?? [];
  return { modelVersion: model, responseId: "vendor" };
}

function toBlocked(answer: SaidAnswer, request: SeenRequest): Json {
  const usageMetadata = toUsage(answer);
  return { promptFeedback: { blockReason: reasons[answer.end] }, usageMetadata, ...toHead(request) };
}

function sayWhole(answer: SaidAnswer, request: SeenRequest): Json {
  if (answer.end === "refusal") return toBlocked(answer, request);
  const parts = joinTexts([...toThoughts(answer, request), ...toSaid(answer, request), toLastText(answer, request)]);
  const candidate = {
    content: parts.length === 0 ? {} : { parts, role: "model" },
    finishReason: reasons[answer.end],
    index: 0,
    ...toGrounding(answer),
    ...toLogprobs(answer.logprobs, request),
  };
  return { candidates: [candidate], usageMetadata: toUsage(answer), ...toHead(request) };
}

/** A whole answer has one part for what a stream has several, and none for nothing. */
function joinTexts(parts: readonly Json[]): Json[] {
  const joined: Json[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const [before, text] = [last?.["text"], part["text"]];
    const isMore = typeof before === "string" && typeof text === "string" && last?.["thought"] === part["thought"];
    if (isMore) joined[joined.length - 1] = { ...last, ...part, text: before + text };
    else joined.push(part);
  }
  return joined.filter((part) => part["text"] !== "" || "thoughtSignature" in part);
}

function sayStream(answer: SaidAnswer, request: SeenRequest): string[] {
  const head = { usageMetadata: toUsage(answer), ...toHead(request) };
  const write = (chunk: Json): string => `data: ${JSON.stringify(chunk)}\r\n\r\n`;
  if (answer.end === "refusal") return [write(toBlocked(answer, request))];
  const toCandidate = (part: Json, more: Json = {}): Json => ({ content: { parts: [part], role: "model" }, ...more });
  const said = toSaid(answer, request).map((part, index) =>
    toCandidate(part, toLogprobs(answer.logprobs?.slice(index, index + 1), request)),
  );
  const thoughts = toThoughts(answer, request).map((part) => toCandidate(part));
  const end = {
    content: answer.end === "content-filter" ? {} : { parts: [toLastText(answer, request)], role: "model" },
    finishReason: reasons[answer.end],
    ...toGrounding(answer),
  };
  return [...thoughts, ...said, end].map((candidate) => write({ candidates: [{ ...candidate, index: 0 }], ...head }));
}

function fail(failure: Failure, request: SeenRequest): RenderedAnswer {
  const [code, status, message] = failures[failure];
  const delay = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfterSeconds}s` };
  const details = code === 429 ? { details: [delay] } : {};
  const body = { error: { code, message, status, ...details } };
  if (failure !== "overloaded" || !isStream(request)) return renderJson(body, code);
  // As Google's servers do it: no event, and on several lines.
  return renderEvents([...sayStream(firstWords, request).slice(0, 1), JSON.stringify(body, undefined, 2)], eventType);
}

const failures = {
  "rate-limit": [429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan."],
  "context-too-long": [
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
} as const;

const eventType = "text/event-stream";

function isStream({ path }: SeenRequest): boolean {
  return path.includes(":stream");
}

/** Gemini's generateContent. */
export const geminiVendor: MatrixVendor = {
  name: "gemini",
  provider: (url) => ({ type: "gemini", baseUrl: `${url}/v1beta` }),
  environment: { GEMINI_API_KEY: "gemini-key" },
  headers: { "x-goog-api-key": /^gemini-key$/ },
  models: { plain: "gemini-2.5-flash", reasoning: "gemini-3-pro-preview" },
  say: (answer, request) =>
    isStream(request) ? renderEvents(sayStream(answer, request), eventType) : renderJson(sayWhole(answer, request)),
  fail,
};
