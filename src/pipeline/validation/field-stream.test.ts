import { expect, test } from "vitest";
import { z } from "zod";
import { cut } from "../../../test/fixtures/endpoint-call.ts";
import { compileSchema } from "../../endpoint/compile-schema.ts";
import type { AnySchema } from "../../endpoint/define-endpoint.ts";
import { FieldStream } from "./field-stream.ts";

/** What was sent of a text that came in single characters. */
function sentOf(schema: AnySchema, text: string): Record<string, unknown> {
  const fields = new FieldStream(compileSchema(schema, "output"));
  for (const chunk of cut(text, [1])) fields.write(chunk);
  return fields.sent;
}

function withField(schema: Record<string, unknown>): AnySchema {
  return { type: "object", properties: { a: schema, b: { type: "string" } } };
}

test.each<[string, Record<string, unknown>, string, unknown]>([
  ["nothing of a text that is too short", { type: "string", minLength: 3 }, '"xy"', undefined],
  ["a text from its least length on", { type: "string", minLength: 3 }, '"xyz', "xyz"],
  ["no more of a text than it may have", { type: "string", maxLength: 3 }, '"xyzz"', "xyz"],
  ["code points, not code units", { type: "string", maxLength: 2 }, '"\u{1f600}\u{1f600}"', "\u{1f600}\u{1f600}"],
  ["a whole allowed value only", { enum: ["red"] }, '"re', undefined],
  ["an allowed value", { enum: ["red"] }, '"red"', "red"],
  ["no other value", { enum: ["red"] }, '"blue"', undefined],
  ["nothing of a number before its end", { type: "number" }, "12", undefined],
  ["a number that fits", { type: "number", minimum: 3 }, "12 ", 12],
  ["no number that does not", { type: "number", minimum: 3 }, "2 ", undefined],
  [
    "no more items than there may be",
    { type: "array", items: { type: "string" }, maxItems: 2 },
    '["x","y","z"]',
    ["x", "y"],
  ],
  ["the items before a wrong one", { type: "array", items: { type: "string" } }, '["x",1,"z"]', ["x"]],
  ["a text that may be null", { type: ["string", "null"] }, '"xy', "xy"],
  ["a null that may be", { anyOf: [{ type: "string" }, { type: "null" }] }, "null ", null],
  ["no null that may not", { type: "string" }, "null ", undefined],
  ["the fields of a record", { type: "object", additionalProperties: { type: "number" } }, '{"x":1,"y":2', { x: 1 }],
  ["no field that is forbidden", { type: "object", additionalProperties: false }, '{"x":1}', {}],
])("sends %s", (_name, schema, json, expected) => {
  expect(sentOf(withField(schema), `{"a":${json}`)["a"]).toEqual(expected);
});

test("after a violation nothing more is sent", () => {
  expect(sentOf(withField({ type: "number" }), '{"a":"x","b":"y"}')).toEqual({});
});

test("fields that are not declared are passed over", () => {
  expect(sentOf(withField({ type: "number" }), '{"own":{"a":3},"b":"y"}')).toEqual({ b: "y" });
});

test("a field that comes twice is not added to", () => {
  expect(sentOf(withField({ type: "string" }), '{"a":"x","a":"y","b":"z"}')).toEqual({ a: "x" });
});

test("an item that lacks a required field is the last thing sent", () => {
  const item = { type: "object", properties: { k: { type: "number" }, l: { type: "number" } }, required: ["l"] };
  expect(sentOf(withField({ type: "array", items: item }), '{"a":[{"k":1},{"l":2}]}')).toEqual({ a: [{ k: 1 }] });
});

test("recursive schemas are followed", () => {
  const schema = {
    type: "object",
    properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
  };
  expect(sentOf(schema, '{"children":[{"name":"x","children":[{"name":"y')).toEqual({
    children: [{ name: "x", children: [{ name: "y" }] }],
  });
});

test("what a transform changes waits for the whole answer", () => {
  const schema = z.object({
    size: z.string().transform((size) => size.length),
    list: z.array(z.object({ day: z.string().transform((day) => new Date(day)) })),
    sizes: z.array(z.string().transform((size) => size.length)),
    maybe: z
      .string()
      .nullable()
      .transform((text) => text ?? "none"),
    name: z.string(),
  });
  const text = '{"size":"xyz","list":[{"day":"2026-01-02"}],"sizes":["a"],"maybe":null,"name":"Ada"}';
  expect(sentOf(schema, text)).toEqual({ list: [{}], name: "Ada" });
});

test("a field that may be null only on its way in waits for the whole answer", () => {
  const schema = z.object({ kind: z.string().nullable().pipe(z.string()), name: z.string() });
  expect(sentOf(schema, '{"kind":null,"name":"Ada"}')).toEqual({ name: "Ada" });
});

test("texts with a form of their own are sent whole", () => {
  const schema = z.object({ mail: z.email(), day: z.iso.date(), tone: z.enum(["calm", "merry"]) });
  expect(sentOf(schema, '{"mail":"a@example.com","day":"2026-01-02","tone":"ca')).toEqual({
    mail: "a@example.com",
    day: "2026-01-02",
  });
});
