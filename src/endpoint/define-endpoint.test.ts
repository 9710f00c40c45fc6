import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { defineConfig } from "./define-config.ts";
import { defineEndpoint } from "./define-endpoint.ts";
import type { EndpointDefinition, SchemaInput, SchemaOutput } from "./define-endpoint.ts";
import { defineTool } from "./define-tool.ts";

const input = z.object({ text: z.string(), tone: z.enum(["neutral", "brief"]).default("neutral") });
const output = z.object({ summary: z.string(), bullets: z.array(z.string()) });

describe("an endpoint of Zod schemas", () => {
  const endpoint = defineEndpoint({ description: "x", input, output });

  test("stays the object that was written", () => {
    const definition = { description: "x", input, output };
    expect(defineEndpoint(definition)).toBe(definition);
  });

  test("knows what callers send: defaults may be left out", () => {
    expectTypeOf<SchemaInput<typeof endpoint.input>>().toEqualTypeOf<{
      text: string;
      tone?: "neutral" | "brief" | undefined;
    }>();
  });

  test("knows what the prompt gets: defaults are filled in", () => {
    expectTypeOf<SchemaOutput<typeof endpoint.input>>().toEqualTypeOf<{ text: string; tone: "neutral" | "brief" }>();
  });

  test("knows the answer's fields", () => {
    expectTypeOf<SchemaOutput<typeof endpoint.output>>().toEqualTypeOf<{ summary: string; bullets: string[] }>();
  });

  test("checks the fallback's fields", () => {
    type Fallback = EndpointDefinition<typeof input, typeof output>["fallback"];
    expectTypeOf<{ summary: string; bullets: string[] }>().toExtend<Fallback>();
    expectTypeOf<{ summary: string }>().not.toExtend<Fallback>();
    expectTypeOf<{ summary: string; bullets: string }>().not.toExtend<Fallback>();
    // @ts-expect-error the literal lacks a field
    expect(defineEndpoint({ description: "x", input, output, fallback: { summary: "" } })).toBeDefined();
  });

  test("gives a fallback function the parsed input and checks what it returns", () => {
    defineEndpoint({
      description: "x",
      input,
      output,
      fallback: (given) => {
        expectTypeOf(given).toEqualTypeOf<{ text: string; tone: "neutral" | "brief" }>();
        return { summary: given.text, bullets: [] };
      },
    });
    type Fallback = EndpointDefinition<typeof input, typeof output>["fallback"];
    expectTypeOf<() => { summary: number; bullets: string[] }>().not.toExtend<Fallback>();
  });

  test("checks the example as callers would send it", () => {
    type Example = EndpointDefinition<typeof input, typeof output>["example"];
    expectTypeOf<{ text: string }>().toExtend<Example>();
    expectTypeOf<{ text: number }>().not.toExtend<Example>();
    expectTypeOf<{ tone: "brief" }>().not.toExtend<Example>();
  });

  test("refuses unknown keys", () => {
    // @ts-expect-error there is no such key
    expect(defineEndpoint({ description: "x", input, output, timeout: 5 })).toHaveProperty("timeout");
  });
});

test("an endpoint of JSON Schemas leaves its values open", () => {
  const endpoint = defineEndpoint({ description: "x", input: { type: "object" }, output: { type: "object" } });
  expectTypeOf<SchemaInput<typeof endpoint.input>>().toEqualTypeOf<unknown>();
  expectTypeOf<SchemaOutput<typeof endpoint.output>>().toEqualTypeOf<Record<string, unknown>>();
});

test("a config keeps the types of the endpoints in it", () => {
  const config = defineConfig({ endpoints: { summarize: defineEndpoint({ description: "x", input, output }) } });
  type Summarize = NonNullable<typeof config.endpoints>["summarize"];
  expectTypeOf<SchemaInput<Summarize["input"]>>().toEqualTypeOf<SchemaInput<typeof input>>();
  expectTypeOf<SchemaOutput<Summarize["output"]>>().toEqualTypeOf<SchemaOutput<typeof output>>();
  expect(defineConfig({})).toEqual({});
});

test("a tool's function gets the parsed input", () => {
  const tool = defineTool({
    name: "look-up",
    description: "x",
    input,
    run: async (given) => {
      expectTypeOf(given).toEqualTypeOf<{ text: string; tone: "neutral" | "brief" }>();
      return given.tone;
    },
  });
  expect(tool.name).toBe("look-up");
});
