import { expect, test } from "vitest";
import { parseRetryAfter, parseRetryDelay } from "./parse-retry-after.ts";

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
