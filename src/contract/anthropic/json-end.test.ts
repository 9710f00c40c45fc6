import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonEnd, type JsonEnd } from "./json-end.ts";

function feed(...pieces: readonly string[]): JsonEnd["state"] {
  const end = createJsonEnd();
  for (const piece of pieces) end.feed(piece);
  return end.state;
}

test.each([
  ["", "blank"],
  [" \n", "blank"],
  [" {", "open"],
  ['{"a":"}', "open"],
  [String.raw`{"a":"\"}`, "open"],
  [String.raw`{"a":"\\"}`, "ended"],
  ['{"a":[{}]', "open"],
  ["{}", "ended"],
  ["{} {", "ended"],
  ["[]", "other"],
  ["null", "other"],
  ["x{}", "other"],
] as const)("%j is %s", (text, expected) => {
  expect(feed(text)).toBe(expected);
  expect(feed(...text.split(""))).toBe(expected);
});

test("an object ends with its last character, never before", () => {
  const objects = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(
    fc.property(objects, fc.nat(), (value, at) => {
      const text = JSON.stringify(value);
      const cut = at % text.length;
      expect(feed(text.slice(0, cut))).toBe(cut === 0 ? "blank" : "open");
      expect(feed(text.slice(0, cut), text.slice(cut))).toBe("ended");
    }),
  );
});
