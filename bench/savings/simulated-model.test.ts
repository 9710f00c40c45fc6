import { expect, test } from "vitest";
import { features } from "./features.ts";
import { tiers, type Item, type Tier } from "./item.ts";
import { accuracy } from "./parameters.ts";
import { answerAsModel } from "./simulated-model.ts";
import { createWorkload } from "./workload.ts";

const { items } = createWorkload({ seed: "models", requests: 3000 });

function ask(item: Item, tier: Tier, text = item.texts[0]!): number {
  const answer = answerAsModel({ item, tier, text, isCorrection: false });
  return features[item.feature].grade(JSON.parse(answer) as Record<string, unknown>, item.facts);
}

test("a model answers the same each time", () => {
  const [item] = items;
  const question = { item: item!, tier: "fast", text: item!.texts[0]!, isCorrection: false } as const;
  expect(answerAsModel(question)).toBe(answerAsModel(question));
});

test("a stronger model is never worse", () => {
  for (const item of items) {
    const [fast, standard, smart] = tiers.map((tier) => ask(item, tier));
    expect(standard).toBeGreaterThanOrEqual(fast!);
    expect(smart).toBeGreaterThanOrEqual(standard!);
  }
});

test("models are right as often as their table says", () => {
  for (const difficulty of ["easy", "medium"] as const) {
    const asked = items.filter((item) => item.feature !== "extract" && item.difficulty === difficulty);
    for (const tier of tiers) {
      const mean = asked.reduce((sum, item) => sum + ask(item, tier), 0) / asked.length;
      expect(Math.abs(mean - 100 * accuracy[difficulty][tier])).toBeLessThan(4);
    }
  }
});

test("what does not get through to a model, it cannot know", () => {
  const item = items.find(({ feature, facts }) => feature === "summarize" && facts.length > 4)!;
  const half = item.texts[0]!.slice(0, item.texts[0]!.length / 2);
  expect(ask(item, "smart", half)).toBeLessThan(ask(item, "smart"));
  expect(ask(item, "smart", "")).toBe(0);
});
