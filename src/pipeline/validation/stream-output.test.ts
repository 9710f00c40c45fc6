import { isDeepStrictEqual } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { answerFrom, createEndpointCall, receive } from "../../../test/fixtures/endpoint-call.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, type JsonSchema } from "../../json.ts";
import { validateOutput } from "./validate-output.ts";

interface Sample {
  readonly schema: JsonSchema;
  readonly value: fc.Arbitrary<unknown>;
}

const words = fc.string({ unit: "binary", maxLength: 12 });
const names = fc.constantFrom("a", "b/c", "d~e", "", "constructor", "toString", "0", "naïve");

// Schemas together with values that fit them.
const { node } = fc.letrec<{ node: Sample; leaf: Sample }>((tie) => ({
  leaf: fc.oneof(
    fc.constant({ schema: { type: "string" }, value: words }),
    fc.constant({
      schema: { type: "string", minLength: 2, maxLength: 6 },
      value: fc.string({ unit: "grapheme-ascii", minLength: 2, maxLength: 6 }),
    }),
    fc.constant({ schema: { type: "string", pattern: "^x" }, value: words.map((word) => `x${word}`) }),
    fc.constant({ schema: { type: "integer", minimum: 0 }, value: fc.nat() }),
    fc.constant({ schema: { type: "number" }, value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
    fc.constant({ schema: { type: "boolean" }, value: fc.boolean() }),
    fc.constant({ schema: { enum: ["red", "green", null, 3] }, value: fc.constantFrom("red", "green", null, 3) }),
    fc.constant({ schema: { type: ["string", "null"] }, value: fc.option(words) }),
    fc.constant({ schema: {}, value: fc.jsonValue({ maxDepth: 2 }) }),
  ),
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie("leaf"),
    tie("node").map(({ schema, value }) => ({
      schema: { type: "array", items: schema, maxItems: 4 },
      value: fc.array(value, { maxLength: 4 }),
    })),
    tie("node").map(({ schema, value }) => ({
      schema: { anyOf: [schema, { type: "null" }] },
      value: fc.option(value),
    })),
    tie("node").map(({ schema, value }) => ({
      schema: { type: "object", additionalProperties: schema },
      value: fc.dictionary(
        words.filter((key) => key !== "__proto__"),
        value,
        { maxKeys: 3, noNullPrototype: true },
      ),
    })),
    fc.dictionary(names, tie("node"), { maxKeys: 4, noNullPrototype: true }).chain(toObjectSample),
  ),
}));

function toObjectSample(fields: Record<string, Sample>): fc.Arbitrary<Sample> {
  return fc.subarray(Object.keys(fields)).map((required) => ({
    schema: {
      type: "object",
      properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
      required,
    },
    value: fc.record(Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value])), {
      requiredKeys: required,
      noNullPrototype: true,
    }),
  }));
}

const root = fc.dictionary(names, node, { minKeys: 1, maxKeys: 4, noNullPrototype: true }).chain(toObjectSample);

// What models do to an answer, and worse.
const damage: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant((text: string) => text) },
  fc.constant((text: string) => `Here {you} are, [1]: {}\n\`\`\`json\n${text}\n\`\`\`\nAnything else?`),
  fc.constant((text: string) => `\ufeff ${text} `),
  fc.constant((text: string) => text.replace("{", '{"undeclared":{"a":["}"]},')),
  fc.constant((text: string) => text.replace(/}$/, ',"a":"again","a":1}')),
  fc.constant((text: string) => text.replace(/}$/, ",}")),
  fc.constant((text: string) => text.replaceAll('"', "'")),
  fc.constant((text: string) => text.replace("{", '{"__proto__":{"a":1},')),
  fc.constant((text: string) => `[${text},${text}]`),
  fc.constant((text: string) => `${text}\n${text}`),
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((share) => (text: string) => text.slice(0, Math.floor(text.length * share))),
  fc.tuple(fc.nat(200), fc.constantFrom('"', "{", "]", ",", "\\", "1", "null", "\ud800")).map(
    ([at, piece]) =>
      (text: string) =>
        text.slice(0, at % (text.length + 1)) + piece + text.slice(at % (text.length + 1)),
  ),
);

interface Run {
  readonly schema: JsonSchema;
  readonly texts: readonly string[];
  readonly chunkLengths: readonly number[];
}

const run: fc.Arbitrary<Run> = root.chain(({ schema, value }) => {
  const text = fc
    .tuple(value, damage, fc.constantFrom(undefined, 1, "\t"))
    .map(([answer, harm, space]) => harm(JSON.stringify(answer, null, space)));
  return fc.record({
    schema: fc.constant(schema),
    texts: fc.array(text, { minLength: 3, maxLength: 3 }),
    chunkLengths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  });
});

const stage = validateOutput({
  resolveRoute: () => {
    throw new Error("No stronger model is declared.");
  },
});

// The contract without the rules that only a complete answer can hold, and closed where it says nothing.
function relax(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relax);
  if (!isRecord(schema)) return schema;
  const { required: _required, minItems: _minItems, ...rest } = schema;
  const relaxed: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [
      key,
      key === "properties" && isRecord(inner)
        ? Object.fromEntries(Object.entries(inner).map(([name, child]) => [name, relax(child)]))
        : key === "enum"
          ? inner
          : relax(inner),
    ]),
  );
  if (isRecord(rest["properties"])) relaxed["additionalProperties"] ??= false;
  return relaxed;
}

test("applying the deltas after the last reset gives exactly the output, and nothing on the way breaks the schema", async () => {
  let finished = 0;
  let restarted = 0;
  const property = fc.asyncProperty(run, async ({ schema, texts, chunkLengths }) => {
    const call = createEndpointCall({ output: schema, stream: true });
    const allows = new Ajv2020({ strict: false, ownProperties: true }).compile(relax(schema) as JsonSchema);
    const onDelta = (built: Record<string, unknown>): void => {
      if (!allows(built)) throw new Error(`Sent what the schema forbids: ${JSON.stringify(built)}`);
    };
    const streamed = await stage(call, answerFrom(texts.map((text) => ({ text, chunkLengths }))).next)
      .then((reply) => receive(reply, onDelta))
      .catch(keepInvalid);
    const whole = await stage(
      createEndpointCall({ output: schema }),
      answerFrom(texts.map((text) => ({ text }))).next,
    ).catch(keepInvalid);
    if (HeadgateError.is(streamed) || HeadgateError.is(whole)) {
      if (!HeadgateError.is(streamed) || !HeadgateError.is(whole))
        throw new Error("Streaming changes whether an answer is valid.");
      return;
    }
    // Not toStrictEqual: it takes a field named `constructor` for the object's class.
    if (!isDeepStrictEqual(streamed.built, streamed.outcome?.output))
      throw new Error("The deltas do not give the output.");
    if (!isDeepStrictEqual(streamed.outcome, whole.whole?.outcome)) throw new Error("Streaming changes the outcome.");
    finished++;
    if (streamed.resets.length > 0) restarted++;
  });
  await fc.assert(property, { numRuns: 150 });
  expect(finished).toBeGreaterThan(50);
  expect(restarted).toBeGreaterThan(0);
}, 60_000);

function keepInvalid(error: unknown): HeadgateError {
  if (HeadgateError.is(error, "output_invalid")) return error;
  throw error;
}
