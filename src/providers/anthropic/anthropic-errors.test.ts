import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { collect } from "../../reply.ts";
import type { Provider } from "../provider.ts";
import { event, messageStart, textBlock, type ScriptedMessage } from "./anthropic-server-fixture.ts";
import { openScriptedAnthropic, toRequest, type ScriptedAnthropic } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

async function fail(answer: ScriptedMessage, stream = false, by?: Provider): Promise<HeadgateError> {
  bench.server.script(answer);
  const error: unknown = await bench
    .generate(toRequest({ stream }), by)
    .then(collect)
    .catch((thrown: unknown) => thrown);
  if (!HeadgateError.is(error)) throw new Error("It did not fail as expected.", { cause: error });
  return error;
}

const problem = (type: string, message = "Secret.", details?: object): object => ({
  type: "error",
  error: { type, message, ...(details ? { details } : {}) },
  request_id: "req_1",
});

describe("a failure", () => {
  test.each([
    [400, problem("invalid_request_error"), "provider_rejected"],
    [400, problem("invalid_request_error", "prompt is too long: 209000 tokens > 200000 maximum"), "context_too_long"],
    [
      400,
      problem("invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000"),
      "context_too_long",
    ],
    [400, problem("invalid_request_error", "Output blocked by content filtering policy"), "content_filtered"],
    [400, problem("invalid_request_error", "Your credit balance is too low."), "provider_spent"],
    [401, problem("authentication_error"), "provider_auth"],
    [402, problem("billing_error"), "provider_spent"],
    [403, problem("permission_error"), "provider_auth"],
    [404, problem("not_found_error"), "provider_model_unknown"],
    [413, problem("request_too_large"), "provider_rejected"],
    [429, problem("rate_limit_error"), "provider_rate_limited"],
    [429, problem("rate_limit_error", "x", { error_code: "ramp_limit_exceeded" }), "provider_rate_limited"],
    [429, problem("rate_limit_error", "x", { error_code: "enforced_spend_limit_reached" }), "provider_spent"],
    [429, problem("rate_limit_error", "x", { error_code: "contract_spend_limit_reached" }), "provider_spent"],
    [500, problem("api_error"), "provider_unavailable"],
    [504, problem("timeout_error"), "provider_unavailable"],
    [529, problem("overloaded_error"), "provider_overloaded"],
    [529, "<html>", "provider_overloaded"],
  ] as const)("of status %s with %o is %s, plain and streamed", async (status, body, code) => {
    expect(await fail({ status, body })).toMatchObject({ code });
    expect(await fail({ status, body }, true)).toMatchObject({ code });
  });

  test("names status and short codes, never the provider's words, and how long to wait", async () => {
    const body = problem("rate_limit_error", "Key sk-1 is over its limit.", { error_code: "ramp_limit_exceeded" });
    const error = await fail({ status: 429, body, headers: { "retry-after": "7" } });
    expect(error.message).toBe("The provider scripted answered 429 (rate_limit_error, ramp_limit_exceeded).");
    expect(error.retryAfterMs).toBe(7000);
  });

  test.each([
    ["overloaded_error", "provider_overloaded"],
    ["api_error", "provider_unavailable"],
    ["rate_limit_error", "provider_rate_limited"],
    ["authentication_error", "provider_auth"],
    ["invalid_request_error", "provider_rejected"],
    ["billing_error", "provider_spent"],
    ["conjured_error", "provider_unavailable"],
  ])("of type %s in a stream of status 200 is %s, as its first event and after words", async (type, code) => {
    const failure = event("error", problem(type));
    expect(await fail({ body: failure }, true)).toMatchObject({ code });
    const after = messageStart({ input_tokens: 1 }) + textBlock("Half") + failure;
    expect(await fail({ body: after }, true)).toMatchObject({ code });
    expect(await fail({ body: problem(type) })).toMatchObject({ code });
  });

  test("in a stream without a shape is one all the same", async () => {
    expect(await fail({ body: 'event: error\ndata: {"message":"secret"}\n\n' }, true)).toMatchObject({
      code: "provider_unavailable",
      message: "The provider scripted reported an error in its answer.",
    });
    expect(await fail({ body: 'data: {"error":{"type":"rate_limit_error"}}\n\n' }, true)).toMatchObject({
      code: "provider_rate_limited",
    });
  });

  test("of a stream that ends early is a cut, and its words are passed on first", async () => {
    bench.server.script({ body: messageStart({ input_tokens: 1 }) + textBlock("Half") });
    const { parts, error } = await bench.read(toRequest({ stream: true }));
    expect(parts).toEqual([{ type: "text", text: "Half" }]);
    expect(error).toMatchObject({ code: "stream_cut" });
  });

  test.each([
    ["nothing", ""],
    ["a stream without events", ": hello\n\n"],
    ["half an event", 'event: message_start\ndata: {"type":"mess'],
  ])("of %s is a cut", async (_what, body) => {
    expect(await fail({ body }, true)).toMatchObject({ code: "stream_cut" });
  });

  test.each([
    ["a web page", "<html></html>"],
    ["half a document", '{"content":[{"te'],
    ["no object", "[]"],
    ["no content", '{"type":"message"}'],
    ["content that is none", '{"type":"message","content":"Hi"}'],
    ["an endless nesting", "[".repeat(100_000)],
    ["nothing", ""],
  ])("of a body that is %s breaks the protocol", async (_what, body) => {
    expect(await fail({ body })).toMatchObject({ code: "provider_protocol" });
  });

  test.each([
    ["an event that is no JSON", "data: {nope\n\n"],
    ["an event that is no object", "data: []\n\n"],
    ["an end without an answer", event("message_stop")],
  ])("of %s breaks the protocol", async (_what, body) => {
    expect(await fail({ body }, true)).toMatchObject({ code: "provider_protocol" });
  });

  test("of a web page in place of a stream breaks the protocol", async () => {
    const answer = { body: "<html></html>", headers: { "content-type": "text/html" } };
    expect(await fail(answer, true)).toMatchObject({ code: "provider_protocol" });
  });

  test.each([false, true])("of an answer without end is cut at the limit (stream: %s)", async (stream) => {
    const provider = bench.createProvider({ maxResponseBytes: 10_000 });
    const answer = { text: "word ".repeat(10_000) };
    expect(await fail(answer, stream, provider)).toMatchObject({ code: "provider_response_too_large" });
  });

  test("of a server that is gone is unavailable", async () => {
    const provider = bench.createProvider({ baseUrl: "http://127.0.0.1:1" });
    const error: unknown = await bench.complete(toRequest(), provider).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "provider_unavailable" });
  });
});

describe("blocks of any shape", () => {
  test("never crash", async () => {
    const content = [null, 1, "x", [], {}, { type: 5 }, { type: "text" }, { type: "tool_use" }, { type: "thinking" }];
    const odd = [...content, { type: "text", text: 7, citations: [null, { url: "javascript:1" }, { url: 5 }] }];
    const answer = await bench.answer({ body: { content: odd, stop_reason: 9, usage: [] } });
    expect(answer).toEqual({
      text: "",
      toolCalls: [{ id: "", name: "", arguments: "{}" }],
      finishReason: "tool_calls",
    });
  });
});
