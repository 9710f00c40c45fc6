import { describe, expect, test } from "vitest";
import { parseLimits } from "./parse-limits.ts";

const nowMs = Date.UTC(2026, 0, 15, 12);

function openAi(remaining: string, reset?: string, limit?: string): Record<string, string> {
  return {
    "x-ratelimit-remaining-requests": remaining,
    ...(reset === undefined ? {} : { "x-ratelimit-reset-requests": reset }),
    ...(limit === undefined ? {} : { "x-ratelimit-limit-requests": limit }),
  };
}

test("OpenAI's headers tell of requests and of tokens", () => {
  const headers = {
    ...openAi("3", "6m0s", "60"),
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "120ms",
  };
  expect(parseLimits(headers, nowMs)).toEqual({
    requests: { limit: 60, remaining: 3, resetAtMs: nowMs + 360_000 },
    tokens: { limit: 150_000, remaining: 0, resetAtMs: nowMs + 120 },
  });
});

test("Anthropic's headers tell of requests, and of all tokens or those of the input, whichever are fewer", () => {
  const inAMinute = new Date(nowMs + 60_000).toISOString();
  const headers = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2026-01-15T13:00:05+01:00",
    "anthropic-ratelimit-tokens-remaining": "9000",
    "anthropic-ratelimit-tokens-reset": inAMinute,
    "anthropic-ratelimit-input-tokens-remaining": "700",
    "anthropic-ratelimit-input-tokens-reset": inAMinute,
  };
  expect(parseLimits(headers, nowMs)).toEqual({
    requests: { limit: 50, remaining: 49, resetAtMs: nowMs + 5000 },
    tokens: { remaining: 700, resetAtMs: nowMs + 60_000 },
  });
});

test.each([
  ["1s", 1000],
  ["6m0s", 360_000],
  ["120ms", 120],
  ["1h2m3.5s", 3_723_500],
  ["12", 12_000],
  ["0.5", 500],
  [String(nowMs / 1000 + 7), 7000],
  [String(nowMs + 7), 7],
  ["2026-01-15T12:00:09Z", 9000],
  ["2026-01-15T12:00:09.250Z", 9250],
])("a reset of %s is %i ms from now", (reset, expectedMs) => {
  expect(parseLimits(openAi("1", reset), nowMs)?.requests?.resetAtMs).toBe(nowMs + expectedMs);
});

describe("garbage is ignored", () => {
  test.each([
    ["Azure's pairs", openAi("-1", "0", "-1")],
    ["a limit of nothing", openAi("0", "1s", "0")],
    ["a limit below zero", openAi("0", "1s", "-1")],
    ["no reset", openAi("0", undefined, "60")],
    ["a reset that has passed", openAi("0", "2026-01-15T11:59:59Z")],
    ["a reset of nothing", openAi("0", "0s")],
    ["a reset of zero", openAi("0", "0")],
    ["a reset that is no time", openAi("0", "soon")],
    ["a date that does not exist", openAi("0", "2026-99-15T12:00:09Z")],
    ["a negative reset", openAi("0", "-5")],
    ["half of a request", openAi("0.5", "1s")],
    ["words", openAi("none", "1s")],
    ["an exponent", openAi("1e9", "1s")],
    ["nothing", openAi("", "")],
    ["only a limit", { "x-ratelimit-limit-requests": "60" }],
    ["no headers", {}],
    ["headers that came twice", { "x-ratelimit-remaining-requests": ["1", "2"], "x-ratelimit-reset-requests": "1s" }],
  ])("%s", (_what, headers: Record<string, string | string[]>) => {
    expect(parseLimits(headers, nowMs)).toBeUndefined();
  });
});
