import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { parseJson, type JsonSchema } from "../../json.ts";
import { createLocalProvider } from "./local.ts";

const provider = createLocalProvider({ clock: systemClock });

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

const prose =
  "Ada Okafor opened the new reading room in Ghent on 4 May 2026. It cost €1.2 million and holds 40,000 books. Write to desk@library.example. The café will follow in autumn, said the director.";

describe("an answer is valid by its schema", () => {
  test("for any common schema and any material", async () => {
    await fc.assert(
      fc.asyncProperty(schemas(), fc.oneof(fc.constant(prose), fc.string(), fc.lorem()), async (schema, material) => {
        expect(findFaults(schema, await answer(schema, material))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("for a schema that refers to itself", async () => {
    const schema = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: {
            title: { type: "string" },
            left: { $ref: "#/$defs/node" },
            children: { type: "array", items: { $ref: "#/$defs/node" } },
          },
          required: ["title", "children"],
        },
      },
    };
    expect(findFaults(schema, await answer(schema, prose))).toEqual([]);
  });

  test("for branching recursion that could never end, it at least ends", async () => {
    const schema = {
      type: "object",
      properties: { a: { $ref: "#" }, b: { $ref: "#" }, c: { $ref: "#" } },
      required: ["a", "b", "c"],
    };
    expect(await answer(schema, prose)).toBeTypeOf("object");
    expect(await answer({ $ref: "#" }, prose)).toBeDefined();
    expect(await answer({ allOf: [{ $ref: "#" }, { $ref: "#" }] }, prose)).toBeDefined();
  });

  test.each([
    ["nullable union", { anyOf: [{ type: "string", format: "date" }, { type: "null" }] }],
    [
      "allOf of two objects",
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { required: ["b"], properties: { b: { type: "integer", minimum: 7 } } },
        ],
      },
    ],
    ["tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false, minItems: 2 }],
    ["record", { type: "object", additionalProperties: { type: "integer" }, minProperties: 2 }],
    ["unique items", { type: "array", items: { type: "string", minLength: 3 }, minItems: 6, uniqueItems: true }],
    ["labels of several", { type: "array", items: { enum: ["a", "b", "c"] }, minItems: 3, uniqueItems: true }],
    [
      "constants with descriptions",
      {
        oneOf: [
          { const: "x", description: "books" },
          { const: 2, description: "boats" },
        ],
      },
    ],
    [
      "patterns",
      {
        type: "object",
        properties: {
          code: { type: "string", pattern: "^[A-Z]{3}-\\d{4}$" },
          slug: { type: "string", pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$", minLength: 12 },
        },
        required: ["code", "slug"],
      },
    ],
    [
      "formats without matter",
      {
        type: "object",
        properties: Object.fromEntries(
          ["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "duration"].map(
            (format) => [format, { type: "string", format }],
          ),
        ),
        required: ["date", "date-time", "time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "duration"],
      },
    ],
    [
      "property named __proto__",
      parseable(
        '{"type":"object","properties":{"constructor":{"type":"string"},"toString":{"type":"number"}},"required":["constructor","toString"]}',
      ),
    ],
  ] as const)("for a %s", async (_name, schema) => {
    expect(findFaults(schema, await answer(schema, prose))).toEqual([]);
    expect(findFaults(schema, await answer(schema, ""))).toEqual([]);
  });
});

describe("hostile material ends in a valid answer", () => {
  const schema = {
    type: "object",
    properties: {
      summary: { type: "string", minLength: 1, maxLength: 200 },
      bullets: { type: "array", items: { type: "string", minLength: 1, maxLength: 80 }, minItems: 1, maxItems: 3 },
      category: { enum: ["billing", "other"] },
      people: {
        type: "array",
        items: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
      },
      published: { type: ["string", "null"], format: "date" },
      total: { type: "number", minimum: 0 },
    },
    required: ["summary", "bullets", "category", "people", "published", "total"],
    additionalProperties: false,
  };

  test.each([
    ["nothing", ""],
    ["a megabyte of one letter", "a".repeat(1_000_000)],
    ["a megabyte of digits", "1".repeat(1_000_000)],
    ["a megabyte of dots", ".".repeat(1_000_000)],
    ["a megabyte of capitals", "A ".repeat(500_000)],
    ["half an address, again and again", "a@".repeat(300_000)],
    ["brackets", "<".repeat(300_000)],
    ["quotes", '"'.repeat(300_000)],
    ["line ends", "x\n".repeat(300_000)],
    ["label lines", "a: b\n".repeat(100_000)],
    ["numbers with separators", "1.000,".repeat(100_000)],
    ["emoji", "😀👩‍👩‍👧 🎉".repeat(50)],
    ["words without an end mark", "no stop here just words and more words ".repeat(500)],
    ["lone surrogates", "\ud800 broken \udfff text \ud83d. And more \udc00."],
    ["tags that never close", "<article><ticket><article>".repeat(5_000)],
    ["tags that hold themselves", "<a1>".repeat(3_000) + "</a1>".repeat(3_000)],
  ])("of %s", async (_name, material) => {
    const value = await answer(schema, material);
    expect(findFaults(schema, value)).toEqual([]);
    expect(JSON.stringify(value).isWellFormed()).toBe(true);
  });

  test("with a schema of impossible demands", async () => {
    const impossible = {
      type: "object",
      properties: {
        long: { type: "string", minLength: 1e9 },
        many: { type: "array", minItems: 1e9, items: { type: "string" } },
        slow: { type: "string", pattern: "^(a+)+$" },
        broken: { type: "string", pattern: "(" },
        none: { enum: [] },
        nowhere: { $ref: "#/$defs/missing" },
        elsewhere: { $ref: "https://example.invalid/schema" },
      },
      required: ["long", "many", "slow", "broken", "none", "nowhere", "elsewhere"],
    };
    expect(await answer(impossible, `${"a".repeat(5_000)}!`)).toBeTypeOf("object");
  });
});

async function answer(schema: JsonSchema, material: string): Promise<unknown> {
  const reply = await provider.generate(
    {
      model: "extractive",
      messages: [{ role: "user", content: material }],
      settings: {},
      output: { name: "answer", schema },
      stream: false,
    },
    { signal: new AbortController().signal, deadlineMs: systemClock.now() + 60_000, warn: () => {} },
  );
  return parseJson(reply.whole!.text);
}

function findFaults(schema: JsonSchema, value: unknown): unknown[] {
  const check = ajv.compile(schema);
  return check(value) ? [] : [check.errors, schema, value];
}

function parseable(json: string): JsonSchema {
  return parseJson(json) as JsonSchema;
}

const names = [
  "summary",
  "title",
  "bullets",
  "tags",
  "date",
  "amount",
  "email",
  "person",
  "companies",
  "city",
  "isUrgent",
  "score",
  "language",
  "reason",
  "quote",
  "count",
  "x",
  "orderId",
  "sentiment",
  "events",
];

function schemas(): fc.Arbitrary<JsonSchema> {
  const text = fc.record({ least: fc.nat(40), room: fc.nat(120) });
  const leaf = fc.oneof(
    fc.constant<JsonSchema>({ type: "string" }),
    text.map(({ least, room }): JsonSchema => ({ type: "string", minLength: least, maxLength: least + room })),
    fc
      .constantFrom("date", "date-time", "email", "uri", "uuid")
      .map((format): JsonSchema => ({ type: "string", format })),
    fc
      .tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.nat(500))
      .map(([least, room]): JsonSchema => ({ type: "integer", minimum: least, maximum: least + room })),
    fc
      .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(100))
      .map(([least, room]): JsonSchema => ({ type: "number", exclusiveMinimum: least, maximum: least + room + 1 })),
    fc.integer({ min: 1, max: 9 }).map((step): JsonSchema => ({ type: "integer", multipleOf: step })),
    fc.constant<JsonSchema>({ type: "boolean" }),
    fc
      .uniqueArray(fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.integer()), { minLength: 1, maxLength: 5 })
      .map((values): JsonSchema => ({ enum: values })),
    fc.string().map((value): JsonSchema => ({ const: value })),
    fc.constant<JsonSchema>({ type: ["string", "null"] }),
    fc.constant<JsonSchema>({ type: "null" }),
    fc.constant<JsonSchema>({}),
  );
  const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      { weight: 3, arbitrary: leaf },
      {
        weight: 2,
        arbitrary: fc
          .record({
            properties: fc.dictionary(fc.constantFrom(...names), tie("schema"), { maxKeys: 4 }),
            isOpen: fc.boolean(),
            omitted: fc.nat(4),
          })
          .map(({ properties, isOpen, omitted }): JsonSchema => ({
            type: "object",
            properties: { ...properties },
            required: Object.keys(properties).slice(omitted),
            additionalProperties: isOpen,
          })),
      },
      {
        weight: 2,
        arbitrary: fc
          .record({ items: tie("schema"), least: fc.nat(4), room: fc.nat(4) })
          .map(({ items, least, room }): JsonSchema => ({
            type: "array",
            items,
            minItems: least,
            maxItems: least + room,
          })),
      },
      { weight: 1, arbitrary: tie("schema").map((inner): JsonSchema => ({ anyOf: [inner, { type: "null" }] })) },
    ),
  }));
  return schema;
}
