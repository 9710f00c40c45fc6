import { expect, test } from "vitest";
import { nearestName, suggestName } from "./nearest-name.ts";

test.each([
  ["tires", "tiers"],
  ["Fallback", "fallback"],
  ["timeoutMS", "timeoutMs"],
  ["descripton", "description"],
  ["rout", "route"],
  ["fallbakc", "fallback"],
  ["timeout_ms", "timeoutMs"],
])("%s means %s", (written, meant) => {
  expect(nearestName(written, ["tiers", "fallback", "timeoutMs", "description", "route"])).toBe(meant);
});

test("a name that resembles none is not guessed", () => {
  expect(nearestName("colour", ["tiers", "fallback", "route"])).toBeUndefined();
});

test("the closest of several is taken", () => {
  expect(nearestName("smart", ["starts", "smarts", "smar"])).toBe("smarts");
});

test("a suggestion is the meant name, or the choice there is, or nothing", () => {
  expect(suggestName("fasst", ["fast", "smart"])).toBe(' Did you mean "fast"?');
  expect(suggestName("genius", ["fast", "smart"])).toBe(" Known: fast, smart.");
  expect(suggestName("genius", [])).toBe("");
});
