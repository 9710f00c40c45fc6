import { expect, test } from "vitest";
import { addUsage } from "./add-usage.ts";

test("one model call used what it used", () => {
  const usage = { inputTokens: 1, outputTokens: 2, serviceTier: "flex" };
  expect(addUsage([], usage)).toBe(usage);
});

test("all counts add up, those that only some have too; the tier is the last one's", () => {
  const sum = addUsage(
    [
      { inputTokens: 1, outputTokens: 2, cachedInputTokens: 3, serviceTier: "flex" },
      { inputTokens: 10, outputTokens: 20, reasoningTokens: 30, cacheWriteTokens: 1, cacheWrite1hTokens: 1 },
    ],
    { inputTokens: 100, outputTokens: 200, audioInputTokens: 4, audioOutputTokens: 5, serviceTier: "default" },
  );
  expect(sum).toEqual({
    inputTokens: 111,
    outputTokens: 222,
    cachedInputTokens: 3,
    cacheWriteTokens: 1,
    cacheWrite1hTokens: 1,
    reasoningTokens: 30,
    audioInputTokens: 4,
    audioOutputTokens: 5,
    serviceTier: "default",
  });
});

test("a sum with an estimate in it is one", () => {
  const told = { inputTokens: 1, outputTokens: 1 };
  const estimated = { ...told, isEstimated: true };
  expect(addUsage([estimated], told).isEstimated).toBe(true);
  expect(addUsage([told], estimated).isEstimated).toBe(true);
  expect(addUsage([told], told)).not.toHaveProperty("isEstimated");
});
