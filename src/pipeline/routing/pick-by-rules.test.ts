import { expect, test } from "vitest";
import type { RouteFeatures } from "../../call.ts";
import type { RoutingCondition } from "../../endpoint/define-routing.ts";
import type { RuleSet } from "../../endpoint/snapshot.ts";
import { asksForLanguage, listTokenBorders, pickByRules } from "./pick-by-rules.ts";

const atMs = Date.parse("2026-11-24T12:00:00Z");

function setOf(...conditions: RoutingCondition[]): RuleSet {
  const rules = conditions.map((when, index) => ({ when, use: `m${index}` }));
  return { version: "v1", rules, otherwise: "rest" };
}

function holds(when: RoutingCondition, features: Partial<RouteFeatures>): boolean {
  return pickByRules(setOf(when), { atMs, ...features }).use === "m0";
}

test("the first rule that holds wins, and none leads to otherwise", () => {
  const set = setOf({ task: "coding" }, { hasTools: true }, { task: ["coding", "chat"] });
  expect(pickByRules(set, { atMs, task: "coding", hasTools: true })).toEqual({ use: "m0", rule: "v1.rules[0]" });
  expect(pickByRules(set, { atMs, task: "chat", hasTools: true })).toEqual({ use: "m1", rule: "v1.rules[1]" });
  expect(pickByRules(set, { atMs, task: "chat" })).toEqual({ use: "m2", rule: "v1.rules[2]" });
  expect(pickByRules(set, { atMs, task: "analysis" })).toEqual({ use: "rest", rule: "v1.otherwise" });
});

test("all conditions of a rule must hold", () => {
  const when: RoutingCondition = { endpoint: "summarize", tokens: { atLeast: 10 }, hasImages: false };
  expect(holds(when, { endpoint: "summarize", tokens: 10 })).toBe(true);
  expect(holds(when, { endpoint: "summarize", tokens: 9 })).toBe(false);
  expect(holds(when, { endpoint: "classify", tokens: 10 })).toBe(false);
  expect(holds(when, { endpoint: "summarize", tokens: 10, hasImages: true })).toBe(false);
});

test.each<[RoutingCondition, Partial<RouteFeatures>, Partial<RouteFeatures>]>([
  [{ endpoint: ["a", "b"] }, { endpoint: "b" }, { endpoint: "c" }],
  [{ task: "coding" }, { task: "coding" }, {}],
  [{ tokens: { atMost: 5 } }, { tokens: 5 }, { tokens: 6 }],
  [{ tokens: { atLeast: 5 } }, { tokens: 5 }, { tokens: 4 }],
  [{ language: ["de", "fr"] }, { language: "fr" }, { language: "en" }],
  [{ language: "de" }, { language: "de" }, {}],
  [{ hasTools: true }, { hasTools: true }, {}],
  [{ hasTools: false }, {}, { hasTools: true }],
  [{ hasImages: true }, { hasImages: true }, {}],
  [{ key: "nightly" }, { keyName: "nightly" }, { keyName: "daily", keyId: "k1" }],
  [{ key: ["k1"] }, { keyId: "k1", keyName: "daily" }, {}],
  [{ team: "web" }, { team: "web" }, { team: "apps" }],
  [{ metadata: { plan: ["pro", "max"] } }, { metadata: { plan: "max" } }, { metadata: { plan: "free" } }],
  [{ metadata: { plan: "pro", area: "eu" } }, { metadata: { plan: "pro", area: "eu" } }, { metadata: { plan: "pro" } }],
  [{ time: { from: "09:00", to: "17:00" } }, {}, { atMs: atMs + 6 * 3_600_000 }],
  [{ budgetLeft: { atMost: 0.1 } }, { budgetLeft: { team: 0.9, all: 0.1 } }, { budgetLeft: { team: 0.9, all: 0.2 } }],
  [{ budgetLeft: { atMost: 0.1 } }, { budgetLeft: { all: 0 } }, {}],
  [{ budgetLeft: { budget: "team", atMost: 0.5 } }, { budgetLeft: { team: 0.5, all: 1 } }, { budgetLeft: { all: 0 } }],
  [{ budgetLeft: { atLeast: 0.5 } }, { budgetLeft: { all: 0.5 } }, { budgetLeft: { all: 0.4 } }],
])("the condition %j holds for %j, not for %j", (when, like, unlike) => {
  expect([holds(when, like), holds(when, unlike)]).toEqual([true, false]);
});

test("names that every object has are not in metadata unless they are sent", () => {
  expect(holds({ metadata: { constructor: "x" } }, { metadata: {} })).toBe(false);
  expect(holds({ metadata: { constructor: "x" } }, { metadata: { constructor: "x" } })).toBe(true);
});

test("between two borders of tokens the choice is the same", () => {
  const set = setOf(
    { tokens: { atMost: 100 } },
    { tokens: { atLeast: 500, atMost: 900 } },
    { tokens: { atLeast: 500 } },
  );
  expect(listTokenBorders(set)).toEqual([101, 500, 901]);
  const uses = [0, 100, 101, 499, 500, 900, 901].map((tokens) => pickByRules(set, { atMs, tokens }).use);
  expect(uses).toEqual(["m0", "m0", "rest", "rest", "m1", "m1", "m2"]);
});

test("a set says whether it asks for the language", () => {
  expect(asksForLanguage(setOf({ task: "chat" }, { language: "de" }))).toBe(true);
  expect(asksForLanguage(setOf({ task: "chat" }))).toBe(false);
});
