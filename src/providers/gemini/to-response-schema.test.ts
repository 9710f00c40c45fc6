import { expect, test } from "vitest";
import { toResponseSchema } from "./to-response-schema.ts";

test.each([
  [
    { const: "a", description: "d" },
    { enum: ["a"], description: "d" },
  ],
  [
    { $ref: "#/$defs/a", description: "d", $id: "i" },
    { $ref: "#/$defs/a", $id: "i" },
  ],
  [
    { properties: { const: { const: 1 }, $ref: { type: "string" } }, required: ["const"] },
    { properties: { const: { enum: [1] }, $ref: { type: "string" } }, required: ["const"] },
  ],
  [
    { anyOf: [{ const: 1 }, true], items: { oneOf: [{ const: null }] }, additionalProperties: false },
    { anyOf: [{ enum: [1] }, true], items: { oneOf: [{ enum: [null] }] }, additionalProperties: false },
  ],
  [
    { $defs: { a: { prefixItems: [{ const: 1 }], additionalProperties: { const: 2 } } } },
    { $defs: { a: { prefixItems: [{ enum: [1] }], additionalProperties: { enum: [2] } } } },
  ],
  [
    { default: { const: 1 }, enum: [{ const: 1 }] },
    { default: { const: 1 }, enum: [{ const: 1 }] },
  ],
])("%o is sent as %o", (schema, expected) => {
  expect(toResponseSchema(schema)).toEqual(expected);
});
