import { assert, constantFrom, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { computeCost } from "../../src/providers/prices/rates.ts";
import { toOwnRates } from "../../src/providers/prices/read-rates.ts";
import { tiers } from "./item.ts";
import { bill, prices } from "./prices.ts";

test("the provider's bill is what Headgate computes", () => {
  const tokens = nat({ max: 200_000 });
  assert(
    property(constantFrom(...tiers), tokens, tokens, tokens, (tier, rest, cachedInputTokens, outputTokens) => {
      const counts = { inputTokens: rest + cachedInputTokens, cachedInputTokens, outputTokens };
      expect(bill(tier, counts)).toBe(computeCost(counts, toOwnRates(prices[tier])));
    }),
  );
});

test("a stronger model costs more", () => {
  const counts = { inputTokens: 1000, cachedInputTokens: 0, outputTokens: 100 };
  const [fast, standard, smart] = tiers.map((tier) => bill(tier, counts));
  expect(fast).toBeLessThan(standard!);
  expect(standard).toBeLessThan(smart!);
});
