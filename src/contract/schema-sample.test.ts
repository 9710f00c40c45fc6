import { expect, test } from "vitest";
import { toSample } from "./schema-sample.ts";

test("a sample has the schema's shape", () => {
  const schema = {
    type: "object",
    properties: {
      title: { type: "string" },
      day: { type: "string", format: "date" },
      code: { type: "string", minLength: 6, maxLength: 6 },
      kind: { enum: ["news", "other"] },
      tags: { type: "array", items: { type: "string" }, minItems: 2 },
      score: { type: "number", minimum: 0, maximum: 0.5 },
      count: { type: "integer", exclusiveMinimum: 4 },
      maybe: { anyOf: [{ type: "boolean" }, { type: "null" }] },
      shown: { type: "string", examples: ["as given"] },
      fixed: { const: 7 },
      place: { $ref: "#/$defs/place" },
    },
    $defs: { place: { type: ["object", "null"], properties: { city: { type: "string", default: "Bern" } } } },
  };
  expect(toSample(schema)).toEqual({
    title: "text",
    day: "2026-01-31",
    code: "text..",
    kind: "news",
    tags: ["text", "text"],
    score: 0.5,
    count: 5,
    maybe: true,
    shown: "as given",
    fixed: 7,
    place: { city: "Bern" },
  });
});

test("a schema that contains itself gives a sample that ends", () => {
  const branch = { $ref: "#/$defs/node" };
  const schema = {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { label: { type: "string" }, left: branch, right: branch, more: { type: "array", items: branch } },
      },
    },
  };
  expect(toSample(schema)).toEqual({ label: "text", more: [] });
  expect(toSample({ type: "object", properties: { self: { $ref: "#" }, lost: { $ref: "#/nowhere" } } })).toEqual({
    lost: null,
  });
});
