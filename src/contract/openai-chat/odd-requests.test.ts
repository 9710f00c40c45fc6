import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { parseChatRequest } from "./parse-chat-request.ts";

const odd = fc.jsonValue({ maxDepth: 2 });
const maybe = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ weight: 99, arbitrary: value }, odd);
const record = (fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []): fc.Arbitrary<unknown> =>
  maybe(fc.record(fields, { requiredKeys }));

const part = record(
  {
    type: fc.constantFrom("text", "image_url", "file", "input_audio", "refusal", "document_url"),
    text: fc.string(),
    image_url: fc.oneof(fc.string(), record({ url: fc.string(), detail: fc.string() }, ["url"])),
    file: record({ file_data: fc.string(), file_id: fc.string() }),
    input_audio: record({ data: fc.string(), format: fc.constantFrom("mp3", "wav", "constructor") }),
  },
  ["type"],
);
const message = fc.record(
  {
    role: fc.constantFrom("system", "developer", "user", "assistant", "tool", "function"),
    content: fc.oneof(fc.string(), fc.constant(null), fc.array(part, { maxLength: 3 })),
    reasoning_details: odd,
    refusal: odd,
    name: odd,
    tool_calls: fc.oneof(
      fc.constant(null),
      fc.array(record({ id: fc.string(), extra_content: odd }, ["id"]), { maxLength: 2 }),
    ),
  },
  { requiredKeys: ["role"] },
);
const request = fc.record(
  {
    model: fc.constant("m"),
    messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    tools: maybe(
      fc.array(
        record({ type: fc.constantFrom("function", "custom"), function: record({ name: fc.string() }, ["name"]) }, [
          "type",
        ]),
      ),
    ),
    tool_choice: fc.oneof(
      fc.string(),
      record({ type: fc.constantFrom("function", "allowed_tools"), allowed_tools: odd }),
    ),
    response_format: record({ type: fc.constantFrom("json_schema", "json_object") }, ["type"]),
    logprobs: fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 20 })),
    some_field: odd,
    modalities: odd,
    web_search_options: odd,
  },
  { requiredKeys: ["model", "messages"] },
);

function read(body: unknown): unknown {
  try {
    parseChatRequest(body);
    return "read";
  } catch (error) {
    if (!HeadgateError.is(error, "request_invalid")) return error;
    return (error.issues?.length ?? 0) > 0 ? "refused, saying where" : "refused";
  }
}

test("whatever a client asks is read, or refused with where it is wrong", () => {
  const counts = new Map<unknown, number>();
  fc.assert(
    fc.property(request, (body) => {
      const outcome = read(body);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      expect(["read", "refused, saying where"]).toContain(outcome);
    }),
    { numRuns: 3000 },
  );
  expect(counts.get("read")).toBeGreaterThan(300);
});
