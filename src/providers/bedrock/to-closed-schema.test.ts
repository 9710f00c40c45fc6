import { expect, test } from "vitest";
import { toClosedSchema } from "./to-closed-schema.ts";

const text = { type: "string" };
const object = (properties: unknown, more = {}) => ({ type: "object", properties, ...more });

test("every object is closed, and limits that are refused are told in words", () => {
  const schema = object(
    {
      name: { type: "string", minLength: 2, pattern: "^a" },
      size: { type: "integer", minimum: 1, maximum: 9, description: "In cm" },
      tags: { type: "array", items: object({ a: text }), minItems: 2, maxItems: 5 },
      one: { type: "array", items: text, minItems: 1 },
      either: { anyOf: [{ type: "null" }, { $ref: "#/$defs/place" }] },
    },
    { $schema: "https://json-schema.org/draft/2020-12/schema", $defs: { place: object({ at: text }) } },
  );
  expect(toClosedSchema(schema)).toEqual({
    type: "object",
    additionalProperties: false,
    properties: {
      name: { type: "string", minLength: 2, pattern: "^a" },
      size: { type: "integer", description: "In cm (minimum: 1, maximum: 9)" },
      tags: {
        type: "array",
        items: { type: "object", properties: { a: text }, additionalProperties: false },
        description: "maxItems: 5, minItems: 2",
      },
      one: { type: "array", items: text, minItems: 1 },
      either: { anyOf: [{ type: "null" }, { $ref: "#/$defs/place" }] },
    },
    $defs: { place: { type: "object", properties: { at: text }, additionalProperties: false } },
  });
});

test.each([
  ["a map", object({ m: { type: "object", additionalProperties: text } })],
  ["an object that is open", object({}, { additionalProperties: true })],
  ["an object of anything", object({ m: { type: "object" } })],
  ["no object", { type: "array", items: text }],
  ["no type", { properties: {} }],
  ["names by pattern", object({ a: object({}, { patternProperties: { "^x": text } }) })],
  ["what must not be", object({ a: { not: text } })],
  ["alternatives that exclude each other", object({ a: { oneOf: [text] } })],
  ["an alternative that is open", object({ a: { anyOf: [{ type: "object" }] } })],
  ["a definition that is open", object({ a: text }, { $defs: { m: { type: "object" } } })],
  ["a boolean", object({ a: true })],
  ["recursion", object({ a: { $ref: "#/$defs/n" } }, { $defs: { n: object({ next: { $ref: "#/$defs/n" } }) } })],
  [
    "recursion in two steps",
    object(
      { a: { $ref: "#/$defs/a" } },
      { $defs: { a: object({ b: { $ref: "#/$defs/b" } }), b: object({ a: { $ref: "#/$defs/a" } }) } },
    ),
  ],
  ["a reference to itself", object({ a: { $ref: "#" } })],
])("%s has no closed form", (_what, schema) => {
  expect(toClosedSchema(schema)).toBeUndefined();
});
