import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../json.ts";
import { toOutputSchema } from "./to-output-schema.ts";

const object = (properties: object, more: object = {}): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more,
});

describe("a schema that Anthropic's structured outputs can express", () => {
  test("gets closed objects, all the way down", () => {
    const schema = object({ a: object({ b: { type: "array", items: object({ c: { type: "string" } }) } }) });
    const closed = { additionalProperties: false };
    expect(toOutputSchema(schema)).toEqual(
      object({ a: object({ b: { type: "array", items: object({ c: { type: "string" } }, closed) } }, closed) }, closed),
    );
  });

  test("says constraints that are not known in its descriptions", () => {
    const schema = object({
      age: { type: "integer", minimum: 0, maximum: 150, description: "In years." },
      name: { type: "string", minLength: 1, pattern: "^[A-Z]", title: "Name", default: "A" },
      mail: { type: "string", format: "email" },
      phone: { type: "string", format: "e164" },
      tags: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 5 },
      pair: { type: "array", items: { enum: ["a", "b"] }, minItems: 2 },
    });
    expect(toOutputSchema(schema)?.["properties"]).toEqual({
      age: { type: "integer", description: "In years. (minimum: 0, maximum: 150)" },
      name: { type: "string", title: "Name", default: "A", description: '(minLength: 1, pattern: "^[A-Z]")' },
      mail: { type: "string", format: "email" },
      phone: { type: "string", description: '(format: "e164")' },
      tags: { type: "array", items: { type: "string" }, minItems: 1, description: "(maxItems: 5)" },
      pair: { type: "array", items: { enum: ["a", "b"] }, description: "(minItems: 2)" },
    });
  });

  test("keeps choices, literals and several types", () => {
    const schema = object({
      kind: { const: "a" },
      level: { enum: [1, 2, null] },
      note: { type: ["string", "null"] },
      either: { oneOf: [{ type: "string" }, object({ x: { type: "number" } })] },
      all: { allOf: [object({ y: { type: "boolean" } })] },
    });
    expect(toOutputSchema(schema)?.["properties"]).toEqual({
      kind: { const: "a" },
      level: { enum: [1, 2, null] },
      note: { type: ["string", "null"] },
      either: {
        anyOf: [{ type: "string" }, object({ x: { type: "number" } }, { additionalProperties: false })],
      },
      all: { allOf: [object({ y: { type: "boolean" } }, { additionalProperties: false })] },
    });
  });

  test("keeps the definitions that it uses", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      ...object({ a: { $ref: "#/$defs/point" }, b: { $ref: "#/$defs/point" }, c: { $ref: "#/definitions/name" } }),
      $defs: { point: object({ x: { type: "number", minimum: 0 } }), unused: { type: "object" } },
      definitions: { name: { type: "string" } },
    };
    expect(toOutputSchema(schema)).toEqual({
      ...object({ a: { $ref: "#/$defs/point" }, b: { $ref: "#/$defs/point" }, c: { $ref: "#/definitions/name" } }),
      additionalProperties: false,
      $defs: {
        point: object({ x: { type: "number", description: "(minimum: 0)" } }, { additionalProperties: false }),
      },
      definitions: { name: { type: "string" } },
    });
  });

  test("is written once", () => {
    const schema = object({ a: { type: "string" } });
    expect(toOutputSchema(schema)).toBe(toOutputSchema(schema));
  });
});

describe("a schema that would come to mean something else is given up:", () => {
  const many = (count: number, property: object): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, property]));
  test.each([
    ["an open object", object({ a: { type: "object" } })],
    ["an object with more properties of any name", object({ a: { type: "string" } }, { additionalProperties: true })],
    ["a map", object({ a: { type: "object", additionalProperties: { type: "string" } } })],
    ["names by pattern", object({ a: { type: "object", patternProperties: { "^x": { type: "string" } } } })],
    ["a value of any type", object({ a: {} })],
    ["a property that is a boolean schema", object({ a: true })],
    ["a list of anything", object({ a: { type: "array" } })],
    ["a tuple", object({ a: { type: "array", prefixItems: [{ type: "string" }], items: { type: "string" } } })],
    [
      "recursion",
      { ...object({ a: { $ref: "#/$defs/node" } }), $defs: { node: object({ next: { $ref: "#/$defs/node" } }) } },
    ],
    ["recursion into itself", object({ a: { $ref: "#" } })],
    ["a reference to elsewhere", object({ a: { $ref: "https://a.example/schema" } })],
    ["a reference to nothing", object({ a: { $ref: "#/$defs/constructor" } }, { $defs: {} })],
    ["too many optional properties", { type: "object", properties: many(13, { type: "string" }) }],
    [
      "too many optional properties, by references",
      {
        ...object({ a: { $ref: "#/$defs/x" }, b: { $ref: "#/$defs/x" } }),
        $defs: { x: { type: "object", properties: many(7, { type: "string" }) } },
      },
    ],
    [
      "too many properties of several types, by references",
      {
        ...object({ a: { $ref: "#/$defs/x" }, b: { $ref: "#/$defs/x" } }),
        $defs: { x: object(many(9, { type: ["string", "null"] })) },
      },
    ],
    ["too many properties of several types", object(many(17, { type: ["string", "null"] }))],
  ])("%s", (_what, schema) => {
    expect(toOutputSchema(schema)).toBeUndefined();
  });

  test("but not at the limit", () => {
    expect(toOutputSchema({ type: "object", properties: many(12, { type: "string" }) })).toBeDefined();
    expect(toOutputSchema(object(many(16, { type: ["string", "null"] })))).toBeDefined();
  });
});
