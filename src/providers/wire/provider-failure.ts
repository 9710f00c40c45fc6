import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { guessStatus, retryableCodes, toErrorCode, type FailureSigns } from "./failure-code.ts";
import { findError, parseFailure, readDetails, readMessage, readWords, type FailureHeaders } from "./failure-words.ts";
import { parseRateLimitReset, parseRetryAfter, parseRetryDelay } from "./parse-retry-after.ts";

export interface FailedAnswer {
  /** What the error calls the provider, such as `The provider groq`. */
  readonly peer: string;
  readonly status: number;
  readonly headers: FailureHeaders;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Translates an HTTP status that is not 2xx, with its body, into the catalogue. */
export function toProviderError({ peer, status, headers, body: bytes, nowMs }: FailedAnswer): HeadgateError {
  const body = parseFailure(bytes);
  const words = readWords(body, headers);
  const signs = { status, words, message: readMessage(body), shouldRetry: readShouldRetry(headers) };
  const waitMs = (): number | undefined =>
    parseRetryAfter(headers, nowMs) ??
    readRetryDelay(body) ??
    (status === 429 ? parseRateLimitReset(headers) : undefined);
  return fail(`${peer} answered ${status}`, signs, waitMs);
}

/**
 * Finds the error that a body or an event of status 200 carries instead of an answer: `{"error": ...}`, or vLLM's
 * `{"object": "error", ...}`. OpenRouter and Groq report failures so once the status is sent, Anthropic's overload too.
 */
export function findInBandError(peer: string, body: Readonly<Record<string, unknown>>): HeadgateError | undefined {
  const { error } = body;
  const hasError = (error !== undefined && error !== null && error !== false) || body["object"] === "error";
  return hasError ? toInBandError(peer, body) : undefined;
}

/** Translates an error that came with status 200: its body has `error`, or is the error. */
export function toInBandError(peer: string, body: Readonly<Record<string, unknown>>): HeadgateError {
  const { error } = body;
  const words = readWords(body, {});
  const status = readStatus(isRecord(error) ? error : body) ?? guessStatus(words);
  const signs = { status, words, message: readMessage(body) };
  return fail(`${peer} reported an error in its answer`, signs, () => readRetryDelay(body));
}

function fail(what: string, signs: FailureSigns, waitMs: () => number | undefined): HeadgateError {
  const code = toErrorCode(signs);
  const retryAfterMs = retryableCodes.has(code) ? waitMs() : undefined;
  return new HeadgateError(code, {
    detail: `${what}${signs.words.length === 0 ? "" : ` (${signs.words.join(", ")})`}.`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(signs.shouldRetry === false ? { shouldRetry: false } : {}),
  });
}

function readShouldRetry({ "x-should-retry": value }: FailureHeaders): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}

function readRetryDelay(body: unknown): number | undefined {
  const error = findError(body);
  return parseRetryDelay(error && readDetails(error).find((detail) => "retryDelay" in detail)?.["retryDelay"]);
}

function readStatus(error: Readonly<Record<string, unknown>>): number | undefined {
  const found = [error["status_code"], error["code"], error["status"]].map(Number);
  return found.find((status) => Number.isInteger(status) && status >= 400 && status < 600);
}
