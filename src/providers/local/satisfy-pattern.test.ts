import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPattern } from "./satisfy-pattern.ts";

const sources = [
  "^[A-Z]{3}-\\d{4}$",
  "^[a-z0-9]+(?:-[a-z0-9]+)*$",
  "^(?<year>\\d{4})/(0[1-9]|1[0-2])$",
  "colou?r",
  "^#?([a-f0-9]{6}|[a-f0-9]{3})$",
  "^\\S+@\\S+\\.[a-z]{2,}$",
  "^\\p{Lu}\\p{Ll}*$",
  "^[^\\s,]{2,5}$",
  "a|bc|$",
  "^(a+)+$",
];

test.each(sources)("what is made up for %s matches it", (source) => {
  const made = readPattern(source)!.makeUp(0);
  expect(made).toMatch(new RegExp(source, "u"));
});

test("what is made up grows to the length that is asked for", () => {
  const made = readPattern("^[a-z]+(-[a-z]+)*$")!.makeUp(25);
  expect(made.length).toBeGreaterThanOrEqual(25);
  expect(made).toMatch(/^[a-z]+(?:-[a-z]+)*$/u);
});

test("it agrees with the language's own engine on any short text", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("aAbcf09-/#@.,o u")) });
  fc.assert(
    fc.property(fc.constantFrom(...sources.slice(0, 9)), text, (source, candidate) => {
      expect(readPattern(source)!.matches(candidate)).toBe(new RegExp(source, "u").test(candidate));
    }),
    { numRuns: 500 },
  );
});

test("a pattern that makes backtracking engines explode is answered", () => {
  expect(readPattern("^(a+)+$")!.matches(`${"a".repeat(150)}!`)).toBe(false);
});

test.each(["(?=a)b", "(a)\\1", "(", "[z-a]", "a{2", "(?<!x)y"])("%s is outside the subset", (source) => {
  expect(readPattern(source)).toBeUndefined();
});
