import { parseGoDuration } from "./parse-go-duration.ts";

/** Longer waits than an hour are garbage, or a spend limit in disguise. */
const maxRetryAfterMs = 3_600_000;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `retry-after-ms` (OpenAI, Azure), else `retry-after` in seconds or as a date (RFC 9110, section 10.2.3).
 * Undefined if there is none that makes sense; at most an hour.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const waitMs = readMs(headers["retry-after-ms"]) ?? readSecondsOrDate(headers["retry-after"], nowMs);
  return waitMs === undefined ? undefined : Math.min(Math.ceil(waitMs), maxRetryAfterMs);
}

/** Reads the `retryDelay` of Google's `RetryInfo`, such as `48s`. Undefined if it makes no sense; at most an hour. */
export function parseRetryDelay(value: unknown): number | undefined {
  const seconds = typeof value === "string" ? duration.exec(value)?.[1] : undefined;
  return seconds === undefined ? undefined : Math.min(Math.ceil(Number(seconds) * 1000), maxRetryAfterMs);
}

/**
 * Reads `x-ratelimit-reset-requests` and `-tokens` (OpenAI and those who do as it does), durations such as `6m0s`: that of
 * the limit with nothing left, else the shorter. Undefined if neither makes sense, as Azure's -1 and 0; at most an hour.
 */
export function parseRateLimitReset(headers: Headers): number | undefined {
  const limits = ["requests", "tokens"].map((kind) => ({
    waitMs: parseGoDuration(headers[`x-ratelimit-reset-${kind}`]),
    isUsedUp: headers[`x-ratelimit-remaining-${kind}`] === "0",
  }));
  const known = limits.flatMap(({ waitMs, isUsedUp }) => (waitMs === undefined ? [] : [{ waitMs, isUsedUp }]));
  const usedUp = known.filter(({ isUsedUp }) => isUsedUp).map(({ waitMs }) => waitMs);
  if (usedUp.length > 0) return Math.min(Math.max(...usedUp), maxRetryAfterMs);
  return known.length === 0 ? undefined : Math.min(...known.map(({ waitMs }) => waitMs), maxRetryAfterMs);
}

const duration = /^(\d{1,15}(?:\.\d{1,9})?)s$/;

const decimal = /^\s*\d{1,15}(?:\.\d{1,9})?\s*$/;

function readMs(value: Headers[string]): number | undefined {
  return typeof value === "string" && decimal.test(value) ? Number(value) : undefined;
}

function readSecondsOrDate(value: Headers[string], nowMs: number): number | undefined {
  const seconds = readMs(value);
  if (seconds !== undefined) return seconds * 1000;
  if (typeof value !== "string" || !httpDate.test(value)) return undefined;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

// Date.parse alone takes almost anything, "-5" among it.
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
