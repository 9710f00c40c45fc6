import { expect, test } from "vitest";
import { toSchemaRows } from "./schema-rows.ts";

test("fields are listed in order, with nested ones under their path, types, limits and descriptions", () => {
  const schema = {
    type: "object",
    properties: {
      people: {
        type: "array",
        maxItems: 9,
        items: {
          type: "object",
          properties: { name: { type: "string", minLength: 1, description: "Full name." } },
          required: ["name"],
        },
      },
      kind: { enum: ["news", "other"], default: "other" },
      when: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
      count: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    },
    required: ["people"],
  };
  expect(toSchemaRows(schema, {})).toEqual([
    { field: "people", type: "object[]", isRequired: true, description: "(at most 9 items)" },
    { field: "people[].name", type: "string", isRequired: true, description: "Full name. (1 or more characters)" },
    { field: "kind", type: '"news" | "other"', isRequired: false, description: '(default "other")' },
    { field: "when", type: "string (date) | null", isRequired: false, description: "" },
    { field: "count", type: "integer", isRequired: false, description: "(at least 0)" },
  ]);
});

test("references are followed into the document, and a schema that contains itself ends", () => {
  const document = {
    components: {
      schemas: {
        Tree: {
          type: "object",
          properties: { label: { type: "string" }, next: { $ref: "#/components/schemas/Tree" } },
        },
        Nest: { anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#/components/schemas/Nest" } }] },
        Loop: { $ref: "#/components/schemas/Loop" },
      },
    },
  };
  const rows = toSchemaRows({ $ref: "#/components/schemas/Tree" }, document);
  expect(rows.slice(0, 3).map(({ field }) => field)).toEqual(["label", "next", "next.label"]);
  expect(rows.length).toBeLessThan(20);
  const nest = {
    properties: { nest: { $ref: "#/components/schemas/Nest" }, loop: { $ref: "#/components/schemas/Loop" } },
  };
  const [nested] = toSchemaRows(nest, document);
  expect(nested?.type).toMatch(/^string \| \(string \| .*any/);
  expect(toSchemaRows({ $ref: "#/nowhere" }, document)).toEqual([]);
});
