import { expect, test } from "vitest";
import { ProviderQuota } from "./provider-quota.ts";

const nowMs = 1_000_000;
const ten = (): number => 10;

test("as long as nothing is known, calls can be made", () => {
  const quota = new ProviderQuota();
  quota.take(ten);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBeUndefined();
  expect(quota.report(nowMs)).toBeUndefined();
});

test("requests are used up until their reset", () => {
  const quota = new ProviderQuota();
  quota.learn({ requests: { limit: 60, remaining: 0, resetAtMs: nowMs + 5000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs + 4999, ten)).toBe(nowMs + 5000);
  expect(quota.usedUpUntilMs(nowMs + 5000, ten)).toBeUndefined();
});

test("tokens are used up for prompts that have more", () => {
  const quota = new ProviderQuota();
  quota.learn({ tokens: { remaining: 10, resetAtMs: nowMs + 5000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBeUndefined();
  expect(quota.usedUpUntilMs(nowMs, () => 11)).toBe(nowMs + 5000);
});

test("a call that needs both waits for the later one", () => {
  const quota = new ProviderQuota();
  const requests = { remaining: 0, resetAtMs: nowMs + 1000 };
  quota.learn({ requests, tokens: { remaining: 0, resetAtMs: nowMs + 2000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBe(nowMs + 2000);
});

test("calls that were sent count until an answer tells how it is", () => {
  const quota = new ProviderQuota();
  const limits = {
    requests: { remaining: 2, resetAtMs: nowMs + 5000 },
    tokens: { remaining: 25, resetAtMs: nowMs + 5000 },
  };
  quota.learn(limits, nowMs);
  quota.take(ten);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBeUndefined();
  quota.take(ten);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBe(nowMs + 5000);
  quota.learn({ requests: { remaining: 1, resetAtMs: nowMs + 5000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs, () => 5)).toBeUndefined();
  expect(quota.usedUpUntilMs(nowMs, () => 6)).toBe(nowMs + 5000);
});

test("what is said of a longer time than a minute is asked for again", () => {
  const quota = new ProviderQuota();
  quota.learn({ requests: { remaining: 0, resetAtMs: nowMs + 86_400_000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBe(nowMs + 60_000);
  expect(quota.report(nowMs)).toEqual({ requests: { remaining: 0, resetAtMs: nowMs + 60_000 } });
});

test("a clock that is set back keeps nobody away", () => {
  const quota = new ProviderQuota();
  quota.learn({ requests: { remaining: 0, resetAtMs: nowMs + 5000 } }, nowMs);
  expect(quota.usedUpUntilMs(nowMs - 86_400_000, ten)).toBeUndefined();
});

test("each call that was sent is a request", () => {
  const quota = new ProviderQuota();
  quota.learn({ requests: { remaining: 2, resetAtMs: nowMs + 5000 } }, nowMs);
  quota.take(ten);
  expect(quota.report(nowMs)?.requests?.remaining).toBe(1);
  quota.take(ten);
  expect(quota.usedUpUntilMs(nowMs, ten)).toBe(nowMs + 5000);
});
