import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/testing/hostile-provider/known-text.ts";
import { features } from "./features.ts";
import { normalize } from "./grade.ts";
import type { Fact, Feature, FeatureName, Item } from "./item.ts";

const names = Object.keys(features) as FeatureName[];

function makeItems(feature: Feature): readonly Pick<Item, "texts" | "facts">[] {
  const random = createRandom("features");
  return Array.from({ length: 120 }, (_, index) => feature.makeItem(random, index < 60 ? index : undefined));
}

function answer(feature: Feature, facts: readonly Fact[], kind: "right" | "wrong"): number {
  const says = new Map(facts.map((fact) => [fact.name, fact[kind]]));
  return feature.grade(feature.answer(says, "There is more to say."), facts);
}

describe.each(names)("%s", (name) => {
  const feature = features[name];

  test("gold answers get 100 points, mistakes none", () => {
    for (const { facts } of makeItems(feature)) {
      expect(facts.length).toBeGreaterThan(0);
      expect(answer(feature, facts, "right")).toBe(100);
      expect(answer(feature, facts, "wrong")).toBe(0);
    }
  });

  test("each text tells what its facts are told by", () => {
    for (const { texts, facts } of makeItems(feature)) {
      const told = facts.flatMap(({ toldBy }) => (toldBy === undefined ? [] : [normalize(toldBy)]));
      for (const text of texts.map(normalize)) expect(told.filter((part) => !text.includes(part))).toEqual([]);
    }
  });
});

test("the answer to another question gets no points", () => {
  const { support } = features;
  const items = Array.from({ length: 240 }, (_, index) => support.makeItem(createRandom("any"), index));
  expect(new Set(items.map(({ texts }) => texts[0])).size).toBe(240);
  for (const [index, { facts }] of items.entries()) {
    const other = items[(index + 1) % items.length]!;
    const output = support.answer(new Map(other.facts.map(({ name, right }) => [name, right])), "");
    expect(support.grade(output, facts)).toBe(0);
  }
});
