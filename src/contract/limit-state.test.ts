import { expect, test } from "vitest";
import { toAnthropicLimitHeaders } from "./anthropic/anthropic-limits.ts";
import { toStandardLimitHeaders, type LimitState } from "./limit-state.ts";
import { toOpenAiLimitHeaders } from "./openai-limits.ts";

const requests: LimitState = {
  name: "per-key:requests",
  unit: "requests",
  limit: 60,
  windowMs: 60_000,
  remaining: 12,
  nextMs: 1,
  fullMs: 47_001,
};
const tokens: LimitState = { ...requests, name: "per-key:tokens", unit: "tokens", limit: 90_000, nextMs: 0, fullMs: 0 };

test("the standard's fields are lists of items with whole numbers", () => {
  expect(toStandardLimitHeaders([requests, tokens])).toEqual({
    "RateLimit-Policy": '"per-key:requests";q=60;w=60, "per-key:tokens";q=90000;qu="tokens";w=60',
    RateLimit: '"per-key:requests";r=12;t=1, "per-key:tokens";r=12;t=0',
  });
});

test("OpenAI's headers say when all is there again, as Go writes durations", () => {
  expect(toOpenAiLimitHeaders([requests, tokens])).toEqual({
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "12",
    "x-ratelimit-reset-requests": "47.001s",
    "x-ratelimit-limit-tokens": "90000",
    "x-ratelimit-remaining-tokens": "12",
    "x-ratelimit-reset-tokens": "0ms",
  });
});

test.each([
  [0.2, "1ms"],
  [120, "120ms"],
  [1000, "1s"],
  [59_500, "59.5s"],
  [360_000, "6m0s"],
  [86_399_999, "23h59m59.999s"],
])("%d ms are %s", (fullMs, text) => {
  expect(toOpenAiLimitHeaders([{ ...requests, fullMs }])["x-ratelimit-reset-requests"]).toBe(text);
});

test("Anthropic's headers say when all is there again, as a time", () => {
  expect(toAnthropicLimitHeaders([requests], Date.UTC(2026, 0, 15, 12, 0, 0, 500))).toEqual({
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "12",
    "anthropic-ratelimit-requests-reset": "2026-01-15T12:00:48Z",
  });
});
