import { HeadgateError, type ErrorCode } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { parseRetryAfter } from "./parse-retry-after.ts";

export interface FailedAnswer {
  /** What the error calls the provider, such as `Provider "groq"`. */
  readonly peer: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Translates an HTTP status that is not 2xx, with its body, into the catalogue. */
export function toProviderError(answer: FailedAnswer): HeadgateError {
  const { status, headers, nowMs } = answer;
  const words = readWords(tryParse(answer.body));
  const code = toErrorCode(status, words);
  const retryAfterMs = isRetryable(code) ? parseRetryAfter(headers, nowMs) : undefined;
  return new HeadgateError(code, {
    detail: `${answer.peer} answered ${status}${words.length === 0 ? "" : ` (${words.join(", ")})`}.`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * Finds the error that a body or an event of status 200 carries instead of an answer: `{"error": ...}`, or vLLM's
 * `{"object": "error", ...}`. OpenRouter and Groq report failures so once the status is sent.
 */
export function findInBandError(peer: string, body: Readonly<Record<string, unknown>>): HeadgateError | undefined {
  const { error } = body;
  const hasError = (error !== undefined && error !== null && error !== false) || body["object"] === "error";
  if (!hasError) return undefined;
  const words = readWords(body);
  const code = toErrorCode(readStatus(isRecord(error) ? error : body) ?? guessStatus(words), words);
  return new HeadgateError(code, {
    detail: `${peer} reported an error in its answer${words.length === 0 ? "" : ` (${words.join(", ")})`}.`,
  });
}

/** What a spend limit is called; waiting does not help against it. */
const spentWords = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "billing_not_active",
  "enforced_spend_limit_reached",
  "insufficient_balance",
]);

function toErrorCode(status: number, words: readonly string[]): ErrorCode {
  if (status === 401 || status === 403) return "provider_auth";
  if (status === 429) return words.some((word) => spentWords.has(word)) ? "provider_rejected" : "provider_rate_limited";
  // 409 is a lost race inside the provider; OpenAI's own clients try it again as well.
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "provider_unavailable";
  return "provider_rejected";
}

function isRetryable(code: ErrorCode): boolean {
  return code === "provider_rate_limited" || code === "provider_unavailable";
}

function tryParse(body: Uint8Array): unknown {
  try {
    return parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch {
    return undefined;
  }
}

// Only short identifiers may be shown; messages quote prompts and keys.
const identifier = /^[A-Za-z][A-Za-z0-9_]{1,47}$/;

/** The error's `code` and `type`, where they are identifiers. */
function readWords(body: unknown): string[] {
  if (!isRecord(body)) return [];
  const error = isRecord(body["error"]) ? body["error"] : body;
  const words = [error["code"], error["type"], error["error_code"]];
  return [...new Set(words.filter((word) => typeof word === "string" && identifier.test(word)))] as string[];
}

function readStatus(error: Readonly<Record<string, unknown>>): number | undefined {
  const found = [error["status_code"], error["code"], error["status"]].map(Number);
  return found.find((status) => Number.isInteger(status) && status >= 400 && status < 600);
}

function guessStatus(words: readonly string[]): number {
  const text = words.join(" ").toLowerCase();
  if (/rate_?limit|quota|billing|spend_limit|balance/.test(text)) return 429;
  if (/authentication|api_key|permission|forbidden|unauthorized/.test(text)) return 401;
  if (/invalid_request|context_length|not_found|bad_request|content_filter|badrequest/.test(text)) return 400;
  return 500;
}
