import { expect, test } from "vitest";
import { createPromptCache } from "./prompt-cache.ts";

function makeTokens(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

test("the second prompt with the same beginning is read from the cache, in steps of 128 tokens", () => {
  const cache = createPromptCache();
  expect(cache.read("m", makeTokens(1300))).toBe(0);
  expect(cache.read("m", makeTokens(1300))).toBe(1280);
  expect(cache.read("m", [...makeTokens(1200), ...makeTokens(500, 9000)])).toBe(1152);
});

test("beginnings below 1024 tokens are not cached", () => {
  const cache = createPromptCache();
  cache.read("m", makeTokens(1023));
  expect(cache.read("m", makeTokens(1023))).toBe(0);
  expect(cache.read("m", [...makeTokens(1023), ...makeTokens(500, 9000)])).toBe(0);
});

test("each model has a cache of its own", () => {
  const cache = createPromptCache();
  cache.read("m", makeTokens(2000));
  expect(cache.read("n", makeTokens(2000))).toBe(0);
});

test("what stands behind a difference is not cached, be it the same", () => {
  const cache = createPromptCache();
  cache.read("m", makeTokens(2000));
  expect(cache.read("m", [-1, ...makeTokens(1999, 1)])).toBe(0);
});
