import { expect, test } from "vitest";
import { didYouMean } from "./nearest-name.ts";

test.each([
  ["titel", "title"],
  ["Title", "title"],
  ["max_output_tokens", "maxOutputTokens"],
  ["tex", "text"],
])("%s is taken for a mistyped %s", (name, meant) => {
  expect(didYouMean(name, ["title", "text", "maxOutputTokens"])).toBe(` Did you mean "${meant}"?`);
});

test("a name that is close to none gives no advice", () => {
  expect(didYouMean("price", ["title", "text"])).toBe("");
});
