import { expect, test } from "vitest";
import { z } from "zod";
import { compileSchema } from "../../../endpoint/compile-schema.ts";
import { separateTexts } from "./free-texts.ts";

const { jsonSchema } = compileSchema(
  z.object({
    question: z.string().min(1).max(4000),
    context: z.object({ notes: z.string().optional(), page: z.number() }).optional(),
    language: z.enum(["plain English", "plain German"]).optional(),
    code: z.string().max(20).optional(),
    site: z.url().optional(),
    pattern: z
      .string()
      .regex(/^[a-z ]+$/)
      .optional(),
    tags: z.array(z.string()).optional(),
    isUrgent: z.boolean().optional(),
  }),
  "input",
);

test("only strings that may hold anything are free texts", () => {
  const input = {
    question: "Where is my order?",
    context: { notes: "Ordered last week.", page: 2 },
    language: "plain English",
    code: "two words",
    pattern: "two words",
    tags: ["one tag", "two tags"],
    isUrgent: true,
  };
  expect(separateTexts(input, jsonSchema)).toEqual({
    texts: ["Ordered last week.", "Where is my order?"],
    rest: {
      ...input,
      question: { text: "/question" },
      context: { notes: { text: "/context/notes" }, page: 2 },
    },
  });
});

test("the rest is the same in whatever order the fields came", () => {
  const one = separateTexts({ question: "Where is it?", isUrgent: true }, jsonSchema);
  const other = separateTexts({ isUrgent: true, question: "Where is that?" }, jsonSchema);
  expect(JSON.stringify(one?.rest)).toBe(JSON.stringify(other?.rest));
  expect(JSON.stringify(separateTexts({ question: "Where is it?", isUrgent: false }, jsonSchema)?.rest)).not.toBe(
    JSON.stringify(one?.rest),
  );
});

test("a single word stays in the rest, and no free text means no comparison", () => {
  expect(separateTexts({ question: "Berlin" }, jsonSchema)).toBeUndefined();
  expect(separateTexts(["two words"], { type: "array", items: { type: "string" } })).toBeUndefined();
  expect(separateTexts("two words", { type: "string" })).toEqual({ texts: ["two words"], rest: { text: "" } });
});

test("references and null are followed; more than 4 texts are too many", () => {
  const text = { $ref: "#/$defs/text" };
  const schema = {
    $defs: { text: { type: "string" } },
    type: "object",
    properties: { a: text, b: { anyOf: [text, { type: "null" }] }, c: text, d: text, e: text },
  };
  const four = { a: "some text", b: "some text", c: "some text", d: "some text" };
  expect(separateTexts(four, schema)?.texts).toHaveLength(4);
  expect(separateTexts({ ...four, b: null }, schema)?.rest).toMatchObject({ b: null });
  expect(separateTexts({ ...four, e: "some text" }, schema)).toBeUndefined();
});
