import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openScriptedOpenAiChat, toRequest, type ScriptedOpenAiChat } from "../../testing/scripted-openai-chat.ts";
import { collect } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";

let bench: ScriptedOpenAiChat;

beforeEach(async () => {
  bench = await openScriptedOpenAiChat();
});

afterEach(() => bench.close());

const plain = toRequest();
const streamed = toRequest({ stream: true });

async function failure(request = plain, provider = bench.provider): Promise<HeadgateError> {
  const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
  const error: unknown = await provider
    .generate(request, context)
    .then(collect)
    .catch((thrown: unknown) => thrown);
  if (!HeadgateError.is(error)) throw new Error("It did not fail as expected.", { cause: error });
  return error;
}

describe("a failure", () => {
  const table: [number, Record<string, unknown> | undefined, string][] = [
    [400, { code: "context_length_exceeded" }, "context_too_long"],
    [400, { code: "content_filter" }, "content_filtered"],
    [400, { code: "unsupported_value" }, "provider_rejected"],
    [401, { code: "invalid_api_key" }, "provider_auth"],
    [402, undefined, "provider_spent"],
    [403, undefined, "provider_auth"],
    [404, { code: "model_not_found" }, "provider_model_unknown"],
    [408, undefined, "provider_unavailable"],
    [409, undefined, "provider_unavailable"],
    [413, undefined, "provider_rejected"],
    [422, undefined, "provider_rejected"],
    [429, { type: "requests", code: "rate_limit_exceeded" }, "provider_rate_limited"],
    [429, { type: "insufficient_quota", code: "insufficient_quota" }, "provider_spent"],
    [429, { error_code: "enforced_spend_limit_reached" }, "provider_spent"],
    [500, undefined, "provider_unavailable"],
    [502, undefined, "provider_unavailable"],
    [503, undefined, "provider_overloaded"],
    [529, { type: "overloaded_error" }, "provider_overloaded"],
  ];
  test.each(table)("of status %s with %o is %3$s, plain and streamed", async (status, error, code) => {
    bench.upstream.script({ status, error }, { status, error });
    expect(await failure()).toMatchObject({ code });
    expect(await failure(streamed)).toMatchObject({ code });
  });

  test("names the provider, the status and short codes, and never the provider's words", async () => {
    const error = {
      message: "Incorrect API key provided: sk-secret",
      type: "invalid_request_error",
      code: "invalid_api_key",
    };
    bench.upstream.script({ status: 401, error });
    expect((await failure()).message).toBe(
      "The provider scripted answered 401 (invalid_api_key, invalid_request_error).",
    );
    bench.upstream.script({ status: 400, error: { code: "Your prompt 'secret' is bad", type: "x".repeat(80) } });
    expect((await failure()).message).toBe("The provider scripted answered 400.");
  });

  test("of a redirect is not followed", async () => {
    bench.upstream.script({ status: 307, headers: { location: `${bench.upstream.url}/elsewhere` } });
    expect(await failure()).toMatchObject({ code: "provider_protocol" });
    expect(bench.upstream.ledger.requests).toHaveLength(1);
  });

  test("carries how long to wait", async () => {
    bench.upstream.script({ status: 429, headers: { "retry-after": "2" } });
    expect(await failure()).toMatchObject({ retryAfterMs: 2000 });
    bench.upstream.script({ status: 503, headers: { "retry-after-ms": "150", "retry-after": "9" } });
    expect(await failure()).toMatchObject({ retryAfterMs: 150 });
  });

  test.each([
    ["a web page", { rawBody: "<html>502 Bad Gateway</html>", headers: { "content-type": "text/html" } }],
    ["half a document", { rawBody: '{"choices":[{"mess' }],
    ["no JSON object", { rawBody: "[]" }],
    ["no choices", { rawBody: '{"choices":[]}' }],
    ["an endless nesting", { rawBody: "[".repeat(100_000) }],
    ["nothing", { rawBody: "" }],
  ])("of a body that is %s breaks the protocol", async (_what, answer) => {
    bench.upstream.script(answer);
    expect(await failure()).toMatchObject({ code: "provider_protocol" });
  });

  test("of a web page in place of a stream breaks the protocol", async () => {
    bench.upstream.script({ rawBody: "<html></html>", headers: { "content-type": "text/html" } });
    expect(await failure(streamed)).toMatchObject({ code: "provider_protocol" });
  });

  test("of status 200 with an error body is that error", async () => {
    bench.upstream.script({ rawBody: JSON.stringify({ error: { code: 429, message: "secret" } }) });
    expect(await failure()).toMatchObject({ code: "provider_rate_limited" });
  });

  test.each([false, true])("of an answer without end is cut at the limit (stream: %s)", async (stream) => {
    const provider = bench.createProvider({ maxResponseBytes: 10_000 });
    bench.upstream.script({ text: "word ".repeat(10_000) });
    expect(await failure(stream ? streamed : plain, provider)).toMatchObject({ code: "provider_response_too_large" });
  });

  test("of a server that is gone is unavailable", async () => {
    const provider = bench.createProvider({ baseUrl: "http://127.0.0.1:1/v1" });
    expect(await failure(plain, provider)).toMatchObject({ code: "provider_unavailable" });
  });
});
