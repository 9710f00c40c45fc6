import { parseJson } from "../../../src/json.ts";
import type { Ending, Json, SaidAnswer, SaidLogprob } from "../matrix-case.ts";
import {
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

// A thought signature stands on the first call, else on the last piece of text. Only Gemini 3 names its calls.
function toSaid({ text = [], toolCalls = [], reasoning }: SaidAnswer, { path }: SeenRequest): Json[] {
  const isThird = path.includes("gemini-3");
  const seal = reasoning && isThird ? { thoughtSignature: reasoning.seal } : {};
  const texts = text.map((piece, index) => ({
    text: piece,
    ...(toolCalls.length === 0 && index === text.length - 1 ? seal : {}),
  }));
  const calls = toolCalls.map(({ id, name, arguments: pieces }, index) => ({
    functionCall: { name, args: parseJson(join(pieces) || "{}"), ...(isThird ? { id } : {}) },
    ...(index === 0 ? seal : {}),
  }));
  return [...texts, ...calls];
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
  const parts = [...toThoughts(answer, request), ...toSaid(answer, request)];
  const candidate = {
    content: parts.length === 0 ? {} : { parts: joinTexts(parts), role: "model" },
    finishReason: reasons[answer.end],
    index: 0,
    ...toGrounding(answer),
    ...toLogprobs(answer.logprobs, request),
  };
  return { candidates: [candidate], usageMetadata: toUsage(answer), ...toHead(request) };
}

/** A whole answer has one part for what a stream has several. */
function joinTexts(parts: readonly Json[]): Json[] {
  const joined: Json[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    const [before, text] = [last?.["text"], part["text"]];
    const isMore = typeof before === "string" && typeof text === "string" && last?.["thought"] === part["thought"];
    if (isMore) joined[joined.length - 1] = { ...last, ...part, text: before + text };
    else joined.push(part);
  }
  return joined;
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
    content: answer.end === "content-filter" ? {} : { parts: [{ text: "" }], role: "model" },
    finishReason: reasons[answer.end],
    ...toGrounding(answer),
  };
  return [...thoughts, ...said, end].map((candidate) => write({ candidates: [{ ...candidate, index: 0 }], ...head }));
}

function fail(failure: "rate-limit" | "context-too-long"): RenderedAnswer {
  if (failure === "context-too-long") {
    const message = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";
    return renderJson({ error: { code: 400, message, status: "INVALID_ARGUMENT" } }, 400);
  }
  const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfterSeconds}s` }];
  const message = "You exceeded your current quota, please check your plan and billing details.";
  return renderJson({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details } }, 429);
}

/** Gemini's generateContent. */
export const geminiVendor: MatrixVendor = {
  name: "gemini",
  provider: (url) => ({ type: "gemini", baseUrl: `${url}/v1beta` }),
  environment: { GEMINI_API_KEY: "gemini-key" },
  models: { plain: "gemini-2.5-flash", reasoning: "gemini-3-pro-preview" },
  say: (answer, request) =>
    request.path.includes(":stream")
      ? renderEvents(sayStream(answer, request), "text/event-stream")
      : renderJson(sayWhole(answer, request)),
  fail,
};
