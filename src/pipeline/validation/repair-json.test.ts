import { expect, test } from "vitest";
import { parseJson } from "../../json.ts";
import { maxRepairChars, repairJson } from "./repair-json.ts";

test.each([
  ["a trailing comma", '{"a":[1,2,],}', { a: [1, 2] }],
  ["single quotes", "{'a':'b'}", { a: "b" }],
  ["bare keys", "{a: 1, b_2: true}", { a: 1, b_2: true }],
  ["comments", '{"a":1, // one\n/* two */"b":2}', { a: 1, b: 2 }],
  ["a missing end", '{"a":[{"b":"c', { a: [{ b: "c" }] }],
  ["Python's words", '{"a":True,"b":None}', { a: true, b: null }],
])("mends %s", (_name, text, value) => {
  expect(parseJson(repairJson(text)!)).toEqual(value);
});

test("gives up on what is too long, too deep, or no JSON", () => {
  expect(repairJson(`{"a":"${"x".repeat(maxRepairChars)}`)).toBeUndefined();
  expect(repairJson("[".repeat(10_000))).toBeUndefined();
  expect(repairJson("f(".repeat(10_000))).toBeUndefined();
  expect(repairJson('"a"+'.repeat(10_000))).toBeUndefined();
  expect(repairJson("")).toBeUndefined();
});
