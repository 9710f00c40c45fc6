import type { ProviderLimit, ProviderLimits } from "../provider.ts";
import { parseGoDuration } from "./parse-go-duration.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `x-ratelimit-*` (OpenAI and those who do as it does) and `anthropic-ratelimit-*`. What makes no sense is not there:
 * numbers below zero, limits of nothing as Azure sends them, a reset that is missing or has passed.
 */
export function parseLimits(headers: Headers, nowMs: number): ProviderLimits | undefined {
  const requests =
    readLimit(headers, nowMs, toOpenAiName("requests")) ?? readLimit(headers, nowMs, toAnthropicName("requests"));
  const tokens = readLimit(headers, nowMs, toOpenAiName("tokens")) ?? readAnthropicTokens(headers, nowMs);
  if (!requests && !tokens) return undefined;
  return { ...(requests ? { requests } : {}), ...(tokens ? { tokens } : {}) };
}

type Field = "limit" | "remaining" | "reset";
type ToName = (field: Field) => string;

function toOpenAiName(kind: string): ToName {
  return (field) => `x-ratelimit-${field}-${kind}`;
}

function toAnthropicName(kind: string): ToName {
  return (field) => `anthropic-ratelimit-${kind}-${field}`;
}

/** The tighter one: of all tokens, or of those of the input. */
function readAnthropicTokens(headers: Headers, nowMs: number): ProviderLimit | undefined {
  const all = readLimit(headers, nowMs, toAnthropicName("tokens"));
  const input = readLimit(headers, nowMs, toAnthropicName("input-tokens"));
  return all && input ? (input.remaining < all.remaining ? input : all) : (all ?? input);
}

function readLimit(headers: Headers, nowMs: number, toName: ToName): ProviderLimit | undefined {
  const remaining = readCount(headers[toName("remaining")]);
  if (remaining === undefined) return undefined;
  const told = headers[toName("limit")];
  const limit = readCount(told);
  if (told !== undefined && !limit) return undefined;
  const resetAtMs = readReset(headers[toName("reset")], nowMs);
  if (resetAtMs === undefined || resetAtMs <= nowMs) return undefined;
  return { ...(limit === undefined ? {} : { limit }), remaining, resetAtMs };
}

const count = /^\d{1,15}$/;

function readCount(value: Headers[string]): number | undefined {
  return typeof value === "string" && count.test(value) ? Number(value) : undefined;
}

const decimal = /^\d{1,15}(?:\.\d{1,9})?$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** No duration is as long, and no time of these years as early. */
const leastEpochSeconds = 1e9;
const leastEpochMs = 1e11;

/** A duration, seconds from now, or a time: RFC 3339, or seconds or milliseconds since the epoch. */
function readReset(value: Headers[string], nowMs: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const durationMs = parseGoDuration(value);
  if (durationMs !== undefined) return nowMs + durationMs;
  if (rfc3339.test(value)) {
    const atMs = Date.parse(value);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  if (!decimal.test(value)) return undefined;
  const number = Number(value);
  if (number >= leastEpochMs) return number;
  return number >= leastEpochSeconds ? number * 1000 : nowMs + number * 1000;
}
