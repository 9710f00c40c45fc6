import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Usage } from "../../reply.ts";
import { computeCost, listParts, toRate, toScaled, type Rate, type Rates } from "./rates.ts";

// Prices as vendors have them: up to six decimals, and no less for longer inputs.
const price = fc.integer({ min: 0, max: 200_000_000 }).map((micros) => micros / 1e6);
const rate: fc.Arbitrary<Rate> = fc
  .record({ base: price, start: fc.integer({ min: 1, max: 300_000 }), more: price, isTiered: fc.boolean() })
  .map(({ base, start, more, isTiered }) => toRate(isTiered ? { base, tiers: [{ start, price: base + more }] } : base));

const rates: fc.Arbitrary<Rates> = fc.record(
  {
    input: rate,
    output: rate,
    cacheRead: rate,
    cacheWrite: rate,
    cacheWrite1h: rate,
    reasoning: rate,
    audioInput: rate,
    audioOutput: rate,
    request: price.map((usd) => toScaled(usd)),
  },
  { requiredKeys: ["input", "output", "audioInput", "audioOutput", "cacheWrite1h"] },
);

// Parts may contradict the totals, as real vendors' do.
const count = fc.integer({ min: 0, max: 2_000_000 });
const usage: fc.Arbitrary<Usage> = fc.record(
  {
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count,
    cacheWriteTokens: count,
    cacheWrite1hTokens: count,
    reasoningTokens: count,
    audioInputTokens: count,
    audioOutputTokens: count,
  },
  { requiredKeys: ["inputTokens", "outputTokens"] },
);

const runs = { numRuns: 2000 };

test("a cost is a whole number, and never negative", () => {
  fc.assert(
    fc.property(usage, rates, (used, prices) => {
      const cost = computeCost(used, prices);
      expect(Number.isSafeInteger(cost) && (cost ?? -1) >= 0).toBe(true);
    }),
    runs,
  );
});

test("every token is in one part, and the cost is the sum of the parts", () => {
  fc.assert(
    fc.property(usage, rates, (used, prices) => {
      const parts = listParts(used, prices)!;
      const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
      expect(tokens).toBe(used.inputTokens + used.outputTokens);
      const exact = parts.reduce((sum, { cost }) => sum + cost, 0n);
      const cost = BigInt(computeCost(used, prices)!) * 1_000_000_000n;
      // Off by half a micro-dollar at most.
      expect(cost - exact > -500_000_000n && cost - exact <= 500_000_000n).toBe(true);
    }),
    runs,
  );
});

test("more tokens never cost less, whatever they are", () => {
  fc.assert(
    fc.property(usage, rates, fc.integer({ min: 1, max: 100_000 }), (used, prices, more) => {
      const cost = computeCost(used, prices)!;
      const { inputTokens, outputTokens } = used;
      expect(computeCost({ ...used, inputTokens: inputTokens + more }, prices)).toBeGreaterThanOrEqual(cost);
      expect(computeCost({ ...used, outputTokens: outputTokens + more }, prices)).toBeGreaterThanOrEqual(cost);
    }),
    runs,
  );
});

test("half the price is half the cost, give or take the rounding", () => {
  fc.assert(
    fc.property(usage, rates, (used, prices) => {
      const whole = computeCost(used, prices)!;
      const half = computeCost(used, prices, { of: 1n, from: 2n })!;
      expect(Math.abs(half * 2 - whole)).toBeLessThanOrEqual(1);
    }),
    runs,
  );
});

test("a part without a price makes the whole unknown", () => {
  const prices: Rates = { input: toRate(1), cacheWrite: toRate(1.25) };
  expect(computeCost({ inputTokens: 10, outputTokens: 1 }, prices)).toBeNull();
  expect(computeCost({ inputTokens: 10, outputTokens: 0, audioInputTokens: 1 }, prices)).toBeNull();
  expect(
    computeCost({ inputTokens: 10, outputTokens: 0, cacheWriteTokens: 4, cacheWrite1hTokens: 4 }, prices),
  ).toBeNull();
  expect(computeCost({ inputTokens: 10, outputTokens: 0, cacheWriteTokens: 4 }, prices)).toBe(11);
});

test("without prices of their own, caches and reasoning cost what their kind does", () => {
  const prices: Rates = { input: toRate(1), output: toRate(2) };
  const used = { inputTokens: 10, outputTokens: 10, cachedInputTokens: 3, cacheWriteTokens: 3, cacheWrite1hTokens: 1 };
  expect(computeCost({ ...used, reasoningTokens: 5 }, prices)).toBe(30);
  expect(computeCost({ ...used, reasoningTokens: 5 }, { ...prices, reasoning: toRate(3) })).toBe(35);
});
