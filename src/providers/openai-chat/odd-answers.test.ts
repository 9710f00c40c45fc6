import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { Part } from "../../reply.ts";
import { createTypedReader } from "../wire/typed-reader.ts";
import { createChunkReader } from "./chunk-reader.ts";
import { parseCompletion } from "./parse-completion.ts";

const odd = fc.jsonValue({ maxDepth: 2 });
const maybe = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ weight: 3, arbitrary: value }, odd);
const list = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => maybe(fc.array(maybe(value), { maxLength: 3 }));
const record = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  maybe(fc.record(fields, { requiredKeys: [] }));

const message = record({
  content: maybe(
    fc.oneof(fc.string(), list(record({ type: fc.constantFrom("text", "thinking"), text: odd, thinking: odd }))),
  ),
  reasoning: odd,
  reasoning_content: odd,
  reasoning_details: list(
    record({ type: odd, text: odd, data: odd, signature: odd, index: odd, format: odd, id: odd }),
  ),
  refusal: odd,
  audio: record({ transcript: odd }),
  annotations: list(record({ url_citation: record({ url: odd, title: odd, start_index: odd }) })),
  tool_calls: list(
    record({ index: odd, id: odd, function: record({ name: odd, arguments: odd }), extra_content: odd }),
  ),
});
const answer = record({
  choices: list(
    record({ index: odd, delta: message, message, finish_reason: odd, logprobs: record({ content: list(odd) }) }),
  ),
  usage: record({ prompt_tokens: odd, completion_tokens: odd, total_tokens: odd, prompt_tokens_details: odd }),
  x_groq: odd,
  service_tier: odd,
  citations: list(odd),
  search_results: list(record({ url: odd, title: odd })),
});

/** What an answer may come to. */
const expected = ["read", "refused"];

function read(work: () => void): unknown {
  try {
    work();
    return "read";
  } catch (error) {
    return HeadgateError.is(error) ? "refused" : error;
  }
}

test("whatever a server answers is read or is an expected failure", () => {
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(answer, (body) => {
      const outcome = read(() => parseCompletion("The provider p", Buffer.from(JSON.stringify(body))));
      seen.add(outcome);
      expect(expected).toContain(outcome);
    }),
    { numRuns: 2000 },
  );
  expect(seen.size).toBe(2);
});

const ending = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

test("whatever a server streams is read or is an expected failure", () => {
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 5 }), (events) => {
      const reader = createTypedReader(
        createChunkReader({ peer: "The provider p", showsUsage: false, saysReason: true }),
      );
      const parts: Part[] = [];
      const outcome = read(() => {
        for (const event of [...events, ending]) reader.feed(Buffer.from(`data: ${JSON.stringify(event)}\n\n`), parts);
        reader.end(parts);
      });
      seen.add(outcome);
      expect(expected).toContain(outcome);
    }),
    { numRuns: 2000 },
  );
  expect(seen.size).toBe(2);
});
