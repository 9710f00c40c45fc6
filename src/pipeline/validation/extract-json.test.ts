import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../json.ts";
import { extractJson } from "./extract-json.ts";

test.each<[string, string, string[]]>([
  ["prose around", 'Sure: {"a":1}. Done {really}.', ['{"a":1}']],
  ["a fence", '```json\n{"a":"```"}\n```', ['{"a":"```"}']],
  ["several objects", '{"a":1} or {"b":{"c":2}}', ['{"a":1}', '{"b":{"c":2}}']],
  ["braces and quotes within texts", 'x {"a":"}\\"{"} y', ['{"a":"}\\"{"}']],
  ["a quote behind a brace in prose", 'The sign {" opens. {"a":1}', ['{"a":1}']],
  ["objects of a list, which are no answer", 'List: [{"a":1},{"b":2}] {"c":3}', ['{"c":3}']],
  ["marks of citations", 'As in [1] and [see {"a":1}]: {"b":2}', ['{"a":1}', '{"b":2}']],
])("finds whole objects: %s", (_name, text, whole) => {
  expect(extractJson(text).whole).toEqual(whole);
});

test("what stands inside a document that was cut is not taken for the answer", () => {
  const found = extractJson('Here: {"a":{"b":1},"c":"text');
  expect(found.whole).toEqual([]);
  expect(found.broken[0]).toBe('{"a":{"b":1},"c":"text');
});

test("a broken object ends with its fence, or else with the last brace", () => {
  expect(extractJson("Hi\n```json\n{a: 1,}\n```\nBye").broken[0]).toBe("{a: 1,}");
  expect(extractJson("Hi {a: 1} bye").broken).toEqual(["{a: 1} bye", "{a: 1}"]);
});

test("an object is found in any prose without braces and brackets", () => {
  const prose = fc.string({ maxLength: 30 }).map((text) => text.replace(/[{}[\]]/g, ""));
  const value = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 2 }), {
    minKeys: 1,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(prose, value, prose, (before, answer, after) => {
      const text = JSON.stringify(answer);
      expect(extractJson(before + text + after).whole.map(parseJson)).toEqual([parseJson(text)]);
    }),
  );
});
