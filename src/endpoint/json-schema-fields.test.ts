import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { JsonSchema } from "../json.ts";
import { describesObject, findField, listFields } from "./json-schema-fields.ts";

describe("a schema describes an object", () => {
  const cases: readonly [JsonSchema, boolean][] = [
    [{ type: "object" }, true],
    [{ properties: {} }, true],
    [{ $ref: "#/$defs/a", $defs: { a: { type: "object" } } }, true],
    [{ anyOf: [{ type: "object" }, { properties: {} }] }, true],
    [{ allOf: [{ required: ["a"] }, { type: "object" }] }, true],
    [{ anyOf: [{ type: "object" }, { type: "null" }] }, false],
    [{ type: "array" }, false],
    [{ type: ["object", "null"] }, false],
    [{}, false],
    [{ $ref: "#" }, false],
    [{ $ref: "#/nowhere" }, false],
  ];
  test.each(cases)("%j: %s", (schema, expected) => {
    expect(describesObject(schema)).toBe(expected);
  });
});

describe("a field", () => {
  const schema = z.toJSONSchema(
    z.object({
      text: z.string(),
      author: z.object({ "first/name": z.string() }).optional(),
      tags: z.array(z.object({ label: z.string() })),
      pair: z.tuple([z.string(), z.number()]),
      either: z.union([z.object({ left: z.string() }), z.object({ right: z.string() })]),
      scores: z.record(z.string(), z.number()),
      anything: z.unknown(),
    }),
  ) as JsonSchema;

  test.each([
    "/text",
    "/author/first~1name",
    "/tags/0/label",
    "/pair/1",
    "/either/left",
    "/either/right",
    "/scores/any",
  ])("is found at %s", (pointer) => {
    expect(findField(schema, pointer)).toEqual([expect.objectContaining({ type: expect.any(String) as string })]);
  });

  test.each(["/txt", "/author/name", "/tags/label", "/text/0", "/either/middle"])("is absent at %s", (pointer) => {
    expect(findField(schema, pointer)).toBe("absent");
  });

  test.each(["/anything/at/all"])("cannot be told at %s", (pointer) => {
    expect(findField(schema, pointer)).toBe("unknown");
  });

  test("of a schema that lists none cannot be told either", () => {
    expect(findField({ type: "object" }, "/any")).toBe("unknown");
    expect(findField({ type: "object", additionalProperties: false }, "/any")).toBe("absent");
  });

  test("is found behind references that go in circles", () => {
    const tree = { $ref: "#/$defs/node", $defs: { node: { properties: { child: { $ref: "#/$defs/node" } } } } };
    expect(findField(tree, "/child/child/child")).not.toBe("absent");
    expect(findField({ $ref: "#" }, "/a")).toBe("unknown");
  });
});

test("the fields of all alternatives are listed, each once", () => {
  const schema = { properties: { a: {} }, anyOf: [{ properties: { b: {} } }, { properties: { a: {}, c: {} } }] };
  expect(listFields(schema)).toEqual(["a", "b", "c"]);
});
