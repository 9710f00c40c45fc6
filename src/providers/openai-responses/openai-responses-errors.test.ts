import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { collect } from "../../reply.ts";
import {
  completed,
  event,
  openScriptedResponses,
  textDelta,
  toRequest,
  toResponse,
  type ScriptedResponses,
} from "./openai-responses-fixture.ts";

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

const plain = toRequest();
const streamed = toRequest({ stream: true });

async function failureOf(request = plain, provider = bench.provider): Promise<HeadgateError> {
  const error: unknown = await bench
    .generate(request, provider)
    .then(collect)
    .catch((thrown: unknown) => thrown);
  if (!HeadgateError.is(error)) throw new Error("It did not fail as expected.", { cause: error });
  return error;
}

const codes: [string, string][] = [
  ["server_error", "provider_unavailable"],
  ["rate_limit_exceeded", "provider_rate_limited"],
  ["too_many_requests", "provider_rate_limited"],
  ["insufficient_quota", "provider_spent"],
  ["context_length_exceeded", "context_too_long"],
  ["vector_store_timeout", "provider_unavailable"],
  ["invalid_prompt", "content_filtered"],
  ["bio_policy", "content_filtered"],
  ["cyber_policy", "content_filtered"],
  ["image_content_policy_violation", "content_filtered"],
  ["content_filter", "content_filtered"],
  ["data_residency_mismatch", "provider_rejected"],
  ["invalid_image", "provider_rejected"],
  ["invalid_base64_image", "provider_rejected"],
  ["image_too_large", "provider_rejected"],
  ["empty_image_file", "provider_rejected"],
  ["unsupported_image_media_type", "provider_rejected"],
  ["failed_to_download_image", "provider_rejected"],
  ["model_not_found", "provider_model_unknown"],
  ["invalid_api_key", "provider_auth"],
  ["some_day", "provider_unavailable"],
];

describe("a failed response", () => {
  test.each(codes)(
    "of code %s is %s: whole, as the stream's end, and as an event of either shape",
    async (code, expected) => {
      const error = { code, message: "secret" };
      const failed = { ...toResponse([]), status: "failed", error };
      const streams = [
        event("response.failed", { response: failed }),
        event("error", { code, message: "secret", param: null, sequence_number: 1 }),
        event("error", { error: { type: "error", ...error } }),
        `data: ${JSON.stringify({ error })}\n\n`,
      ];
      bench.script({ body: failed }, ...streams.map((body) => ({ body: textDelta("x") + body })));
      const failures = [await failureOf()];
      for (const _stream of streams) failures.push(await failureOf(streamed));
      expect(failures.map((failure) => failure.code)).toEqual([expected, expected, expected, expected, expected]);
      for (const { message } of failures) expect(message).toMatch(new RegExp(`\\(.*${code}.*\\)\\.$`));
      for (const { message } of failures) expect(message).not.toContain("secret");
    },
  );

  test.each([null, undefined, "secret"])("with the error %o is the vendor's fault", async (error) => {
    bench.script({ body: { ...toResponse([]), status: "failed", error } });
    bench.script({ body: event("response.failed", { response: { status: "failed", error } }) });
    expect(await failureOf()).toMatchObject({ code: "provider_unavailable" });
    expect(await failureOf(streamed)).toMatchObject({ code: "provider_unavailable" });
  });

  test("passes on what came before it", async () => {
    bench.script({ body: textDelta("x") + event("error", { code: "server_error" }) });
    expect(await bench.read(streamed)).toMatchObject({
      parts: [{ type: "text", text: "x" }],
      error: { code: "provider_unavailable" },
    });
  });
});

describe("a failure", () => {
  test.each([
    [
      400,
      { code: "invalid_json_schema", type: "invalid_request_error", param: "text.format.schema" },
      "provider_rejected",
    ],
    [400, { code: "invalid_prompt" }, "content_filtered"],
    [400, { code: "context_length_exceeded" }, "context_too_long"],
    [401, { code: "invalid_api_key" }, "provider_auth"],
    [404, { code: "model_not_found" }, "provider_model_unknown"],
    [429, { code: "rate_limit_exceeded" }, "provider_rate_limited"],
    [429, { code: "insufficient_quota" }, "provider_spent"],
    [500, { code: "server_error" }, "provider_unavailable"],
    [503, { code: "slow_down" }, "provider_overloaded"],
  ])("of status %s with %o is %3$s, plain and streamed", async (status, error, code) => {
    const answer = { status, body: { error }, headers: { "retry-after": "2" } };
    bench.script(answer, answer);
    for (const request of [plain, streamed]) {
      const failure = await failureOf(request);
      expect(failure.code).toBe(code);
      expect(failure.retryAfterMs).toBe(failure.retryable ? 2000 : undefined);
    }
  });

  test.each([
    ["a web page", { body: "<html>502</html>", headers: { "content-type": "text/html" } }],
    ["half a document", { body: '{"output":[{"ty' }],
    ["no object", { body: "[]" }],
    ["no output", { body: { status: "completed" } }],
    ["nothing", { body: "" }],
    ["a response in the queue", { body: toResponse([], { status: "queued" }) }],
    ["a response that is at work", { body: toResponse([], { status: "in_progress" }) }],
    ["a response that was cancelled", { body: toResponse([], { status: "cancelled" }) }],
  ])("of a body that is %s breaks the protocol", async (_what, answer) => {
    bench.script(answer);
    expect(await failureOf()).toMatchObject({ code: "provider_protocol" });
  });

  test("of status 200 with an error in place of a response is that error", async () => {
    bench.script({ body: { error: { code: 429, message: "secret" } } });
    expect(await failureOf()).toMatchObject({ code: "provider_rate_limited" });
  });

  test.each([false, true])("of an answer without end is cut at the limit (stream: %s)", async (stream) => {
    const provider = bench.createProvider({ maxResponseBytes: 10_000 });
    bench.script({ body: stream ? textDelta("word ".repeat(10_000)) : toResponse([], { x: "x".repeat(20_000) }) });
    expect(await failureOf(stream ? streamed : plain, provider)).toMatchObject({ code: "provider_response_too_large" });
  });
});

describe("counting tokens", () => {
  const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 60_000, warn: () => {} };

  test("asks OpenAI with what it takes, and nothing else", async () => {
    bench.script({ body: { object: "response.input_tokens", input_tokens: 51 } });
    const request = toRequest({
      model: "gpt-5",
      settings: { reasoningEffort: "low", maxOutputTokens: 99, user: "u", toolChoice: "required" },
      tools: [{ name: "look", parameters: { type: "object" } }],
    });
    expect(await bench.provider.countTokens!(request, context)).toBe(51);
    expect(bench.seen).toMatchObject([
      { path: "/v1/responses/input_tokens", headers: { authorization: "Bearer sk-test" } },
    ]);
    expect(Object.keys(bench.seen[0]!.body)).toEqual(["model", "input", "tools", "tool_choice", "reasoning"]);
  });

  test("breaks the protocol if the answer is no count", async () => {
    for (const body of [{}, { input_tokens: -1 }, { input_tokens: "5" }]) {
      bench.script({ body });
      await expect(bench.provider.countTokens!(plain, context)).rejects.toMatchObject({ code: "provider_protocol" });
    }
  });

  test("is offered by OpenAI only", () => {
    for (const vendor of ["azure", "xai", "deepseek"] as const) {
      expect(bench.createProvider({ vendor }).countTokens).toBeUndefined();
    }
  });
});

test("the connection of a stream that is over is not read further", async () => {
  bench.script({ body: textDelta("x") + completed() + event("error", { code: "server_error" }) });
  expect(await bench.complete(streamed)).toMatchObject({ text: "x" });
});
