import { expect, test } from "vitest";
import { parseRateLimitReset, parseRetryAfter, parseRetryDelay } from "./parse-retry-after.ts";

const nowMs = Date.UTC(2026, 0, 1);

test.each([
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "1.5" }, 1500],
  [{ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }, 9000],
  [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
  [{ "retry-after": "86400" }, 3_600_000],
  [{ "retry-after": "Fri, 01 Jan 2027 00:00:00 GMT" }, 3_600_000],
  [{ "retry-after-ms": "150" }, 150],
  [{ "retry-after-ms": "150.2", "retry-after": "9" }, 151],
  [{ "retry-after-ms": "soon", "retry-after": "9" }, 9000],
] as const)("%o means %s ms", (headers, expectedMs) => {
  expect(parseRetryAfter(headers, nowMs)).toBe(expectedMs);
});

test.each(["-5", "NaN", "", "soon", "1e9", "0x10", "Infinity", "2026-01-01", "99999999999999999999", "6m0s"])(
  "the garbage %o is ignored",
  (value) => {
    expect(parseRetryAfter({ "retry-after": value }, nowMs)).toBeUndefined();
  },
);

test("no header, or several, mean nothing", () => {
  expect(parseRetryAfter({}, nowMs)).toBeUndefined();
  expect(parseRetryAfter({ "retry-after": ["1", "2"] }, nowMs)).toBeUndefined();
});

test.each([
  ["48s", 48_000],
  ["0s", 0],
  ["1.0015s", 1002],
  ["86400s", 3_600_000],
  ["48", undefined],
  ["-1s", undefined],
  ["1e9s", undefined],
  [48, undefined],
  [undefined, undefined],
] as const)("the delay %o means %s ms", (delay, expectedMs) => {
  expect(parseRetryDelay(delay)).toBe(expectedMs);
});

test.each([
  ["1s", 1000],
  ["6m0s", 360_000],
  ["2m59.56s", 179_560],
  ["345.6ms", 346],
  ["1h2m3s", 3_600_000],
  ["12ns", 1],
  ["86400s", 3_600_000],
  ["-1", undefined],
  ["-1s", undefined],
  ["0", undefined],
  ["0s", undefined],
  ["12", undefined],
  ["1e9s", undefined],
  ["s", undefined],
  ["", undefined],
  ["soon", undefined],
  [["1s", "2s"], undefined],
  ["9".repeat(50) + "s", undefined],
] as const)("a limit that is reset in %o means %s ms", (value, expectedMs) => {
  expect(parseRateLimitReset({ "x-ratelimit-reset-requests": value as string })).toBe(expectedMs);
});

test("of two limits the one that is used up holds, else the sooner", () => {
  const resets = { "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s" };
  expect(parseRateLimitReset(resets)).toBe(1000);
  expect(parseRateLimitReset({ ...resets, "x-ratelimit-remaining-tokens": "0" })).toBe(360_000);
  const both = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "0" };
  expect(parseRateLimitReset({ ...resets, ...both })).toBe(360_000);
  expect(parseRateLimitReset({ ...resets, "x-ratelimit-reset-tokens": "-1" })).toBe(1000);
  expect(parseRateLimitReset({})).toBeUndefined();
});
