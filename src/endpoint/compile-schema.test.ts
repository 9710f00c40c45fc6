import { describe, expect, test } from "vitest";
import { z } from "zod";
import { HeadgateError } from "../errors.ts";
import { parseJson, type JsonSchema } from "../json.ts";
import { compileSchema, type SchemaResult } from "./compile-schema.ts";
import type { AnySchema } from "./define-endpoint.ts";

async function check(schema: AnySchema, value: unknown, io: "input" | "output" = "input"): Promise<SchemaResult> {
  return compileSchema(schema, io).check(value);
}

async function issuesOf(schema: AnySchema, value: unknown): Promise<readonly string[]> {
  const result = await check(schema, value);
  return result.ok ? [] : result.issues.map(({ path, message }) => `${path} ${message}`);
}

function refusal(schema: unknown, io: "input" | "output" = "input"): HeadgateError {
  try {
    compileSchema(schema as AnySchema, io);
  } catch (error) {
    if (HeadgateError.is(error, "config_invalid")) return error;
    throw error;
  }
  throw new Error("The schema was taken.");
}

const rawPerson: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 2 },
    age: { type: "integer", minimum: 0, maximum: 150 },
    mood: { enum: ["calm", "merry", null] },
    mail: { type: "string", format: "email" },
    code: { type: "string", pattern: "^[A-Z]{3}$" },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
    notes: { type: "object", additionalProperties: { type: "number" } },
    nick: { anyOf: [{ type: "string", maxLength: 3 }, { type: "null" }] },
    pet: { anyOf: [{ type: "string" }, { type: "number" }] },
  },
  required: ["name"],
  additionalProperties: false,
};

const typedPerson = z.strictObject({
  name: z.string().min(2),
  age: z.int().min(0).max(150).optional(),
  mood: z.enum(["calm", "merry"]).nullish(),
  mail: z.email().optional(),
  code: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  notes: z.record(z.string(), z.number()).optional(),
});

describe.each<[string, AnySchema]>([
  ["raw JSON Schema", rawPerson],
  ["a typed schema", typedPerson],
])("%s", (_kind, person) => {
  test.each([
    [{ name: "Ada" }, []],
    [{}, ["/name is required"]],
    [{ name: 7 }, ["/name must be a string"]],
    [{ name: "A" }, ["/name must have at least 2 characters"]],
    [{ name: "Ada", age: 7.5 }, ["/age must be an integer"]],
    [{ name: "Ada", age: -1 }, ["/age must be at least 0"]],
    [{ name: "Ada", mail: "SECRET" }, ["/mail must be a valid email"]],
    [{ name: "Ada", code: "SECRET" }, ["/code does not have the required form"]],
    [{ name: "Ada", SECRET: 1 }, [" has a field that the contract does not know"]],
    [{ name: "Ada", notes: { SECRET: "SECRET" } }, ["/notes/* must be a number"]],
    ["SECRET", [" must be an object"]],
  ])("says of %j: %j", async (value, expected) => {
    const issues = await issuesOf(person, value);
    expect(issues).toEqual(expected);
    expect(issues.join()).not.toContain("SECRET");
  });

  test("lists every problem of a value at once", async () => {
    expect(await issuesOf(person, { age: "old", code: "x" })).toHaveLength(3);
  });

  test("gives the model the real names that issues hide", async () => {
    const result = await check(person, { name: "Ada", invented: 1 });
    expect(result).toMatchObject({ ok: false, hints: [expect.stringContaining('"invented"')] });
  });
});

test("a list of allowed values is shown", async () => {
  expect(await issuesOf(rawPerson, { name: "Ada", mood: "SECRET" })).toEqual([
    "/mood must be one of: calm, merry, null",
  ]);
});

test("of a union with null, the other form's problem is told", async () => {
  expect(await issuesOf(rawPerson, { name: "Ada", nick: "SECRET" })).toEqual(["/nick must have at most 3 characters"]);
});

test("of other unions only that no form fits", async () => {
  expect(await issuesOf(rawPerson, { name: "Ada", pet: [] })).toEqual(["/pet has none of the allowed forms"]);
});

test("a rule in code is told without its text, which could quote the data, but the model gets it", async () => {
  const schema = z.object({
    text: z.string().refine((text) => text === "", { error: (issue) => `Not ${String(issue.input)}` }),
  });
  const result = await check(schema, { text: "SECRET" });
  expect(result).toEqual({
    ok: false,
    issues: [{ path: "/text", message: "does not hold a rule of the contract" }],
    hints: ["/text Not SECRET"],
  });
});

test("at most 20 issues are told of 100,000", async () => {
  const schema = { type: "array", items: { type: "string" } };
  const result = await check(schema, Array<number>(100_000).fill(1));
  expect(result.ok ? 0 : result.issues.length).toBeLessThanOrEqual(20);
});

test("equal items are found among 20,000 objects without comparing each with each", async () => {
  const items = Array.from({ length: 20_000 }, (_, index) => ({ a: index, b: { c: 1 } }));
  const schema = { type: "array", uniqueItems: true };
  expect(await check(schema, items)).toMatchObject({ ok: true });
  expect(await check(schema, [...items, { b: { c: 1 }, a: 5 }])).toMatchObject({ ok: false });
});

test("a field named like an inherited one is not there unless it is", async () => {
  const schema = { type: "object", properties: { constructor: { type: "string" } }, required: ["constructor"] };
  expect(await issuesOf(schema, {})).toEqual(["/constructor is required"]);
});

test("defaults are filled in, and the caller's value stays as it was", async () => {
  const schema = { type: "object", properties: { tone: { type: "string", default: "calm" } }, required: ["tone"] };
  const value = {};
  expect(await check(schema, value)).toEqual({ ok: true, value: { tone: "calm" } });
  expect(value).toEqual({});
});

test("undeclared fields of an output are dropped where the schema leaves them open, and kept where it allows them", async () => {
  const item = { type: "object", properties: { a: { type: "number" } } };
  const schema = {
    type: "object",
    properties: {
      list: { type: "array", items: item },
      perhaps: { anyOf: [item, { type: "null" }] },
      named: { $ref: "#/$defs/item" },
      open: { ...item, additionalProperties: true },
      record: { type: "object", additionalProperties: item },
    },
    $defs: { item },
  };
  const own = { a: 1, own: 1 };
  const value = { list: [own], perhaps: own, named: own, open: own, record: { key: own }, own: 1 };
  const kept = { list: [{ a: 1 }], perhaps: { a: 1 }, named: { a: 1 }, open: own, record: { key: { a: 1 } } };
  expect(await check(schema, value, "output")).toEqual({ ok: true, value: kept });
});

test("what a transform yields is given as clients get it, in JSON", async () => {
  const schema = z.object({ day: z.string().transform((day) => new Date(day)) });
  expect(await check(schema, { day: "2026-01-02" }, "output")).toEqual({
    ok: true,
    value: { day: "2026-01-02T00:00:00.000Z" },
  });
});

test("of an output schema, the model gets the side that goes in and clients the side that comes out", () => {
  const schema = compileSchema(
    z.object({ name: z.string().default("Ada"), size: z.string().transform(Number) }),
    "output",
  );
  expect(schema.jsonSchema).toMatchObject({ properties: { size: { type: "string" } }, required: ["size"] });
  expect(schema.contractSchema).toMatchObject({
    properties: { name: { type: "string" }, size: {} },
    required: ["name", "size"],
  });
});

test("a part is checked by its pointer, through references", () => {
  const schema = compileSchema(
    {
      type: "object",
      properties: { "a/b": { $ref: "#/$defs/c~d" } },
      $defs: { "c~d": { type: "integer", minimum: 3 } },
    },
    "output",
  );
  expect(schema.fitsPart("/properties/a~1b", 3)).toBe(true);
  expect(schema.fitsPart("/properties/a~1b", 2)).toBe(false);
});

test("asynchronous rules of a typed schema are awaited", async () => {
  const schema = z.object({ name: z.string().refine(async (name) => name === "Ada") });
  expect(await check(schema, { name: "Ada" })).toMatchObject({ ok: true });
  expect(await check(schema, { name: "Bob" })).toMatchObject({ ok: false });
});

test.each<[string, unknown, string]>([
  ["an unknown type", { type: "strng" }, "/type"],
  ["a mistyped keyword", { type: "object", requierd: [] }, "requierd"],
  ["a remote reference", { $ref: "https://example.com/schema.json" }, "https://example.com/schema.json"],
  ["a reference to nothing", { $ref: "#/$defs/none" }, "#/$defs/none"],
  ["a broken pattern", { type: "string", pattern: "(" }, "regular expression"],
  ["an unknown format", { type: "string", format: "phone" }, "phone"],
  ["no object at all", 5, "neither"],
  ["a typed schema that has no JSON Schema", z.object({ id: z.bigint() }), "BigInt"],
  [
    "a typed schema of a library without JSON Schema",
    { "~standard": { version: 1, vendor: "x", validate: () => ({ value: 1 }) } },
    "library",
  ],
])("%s is refused when it is compiled", (_name, schema, mentioned) => {
  expect(refusal(schema).detail).toContain(mentioned);
});

test("an output that is no object is refused", () => {
  expect(refusal({ type: "array" }, "output").detail).toContain("object");
  expect(refusal(z.string(), "output").detail).toContain("object");
});

test("a schema nested deeper than JSON may be is refused", () => {
  const deep = parseJson(`${'{"not":'.repeat(60)}{}${"}".repeat(60)}`) as JsonSchema;
  expect(compileSchema(deep, "input").jsonSchema).toEqual(deep);
  expect(refusal({ not: { not: { not: { not: { not: deep } } } } }).detail).toContain("nested");
});
