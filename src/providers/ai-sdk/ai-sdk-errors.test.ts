import { describe, expect, test } from "vitest";
import { HeadgateError } from "../../errors.ts";
import { openFakeModel, toStream } from "./fake-model-fixture.ts";

const httpError = (statusCode: number, more: Readonly<Record<string, unknown>> = {}): Error =>
  Object.assign(new Error("secret prompt"), {
    name: "AI_APICallError",
    url: "https://api.example/secret",
    requestBodyValues: { messages: "secret prompt" },
    statusCode,
    isRetryable: statusCode === 408 || statusCode === 409 || statusCode === 429 || statusCode >= 500,
    ...more,
  });
const named = (name: string, more = {}): Error => Object.assign(new Error("secret"), { name, ...more });
const body = (error: unknown): { readonly responseBody: string } => ({ responseBody: JSON.stringify({ error }) });

const table: readonly (readonly [string, unknown, string, string?])[] = [
  ["401", httpError(401), "provider_auth", "The provider fake answered 401."],
  [
    "429",
    httpError(429, body({ type: "rate_limit_error" })),
    "provider_rate_limited",
    "The provider fake answered 429 (rate_limit_error).",
  ],
  ["429 of an empty account", httpError(429, body({ code: "insufficient_quota" })), "provider_spent"],
  ["400", httpError(400, body({ message: "No." })), "provider_rejected"],
  ["400 of a long prompt", httpError(400, body({ message: "prompt is too long: 9 tokens" })), "context_too_long"],
  [
    "400 whose body was parsed",
    httpError(400, { data: { error: { code: "context_length_exceeded" } } }),
    "context_too_long",
  ],
  ["400 that may be tried again", httpError(400, { isRetryable: true }), "provider_unavailable"],
  ["500", httpError(500), "provider_unavailable"],
  ["500 that may not be tried again", httpError(500, { isRetryable: false }), "provider_rejected"],
  ["529 without headers", httpError(529, { responseHeaders: undefined }), "provider_overloaded"],
  ["200 that cannot be read", httpError(200), "provider_protocol"],
  ["200 that broke off", httpError(200, { isRetryable: true }), "provider_unavailable"],
  ["no status", named("AI_APICallError", { isRetryable: true }), "provider_unavailable"],
  ["no status, and no use in trying again", named("AI_APICallError", { isRetryable: false }), "provider_rejected"],
  ["a missing key", named("AI_LoadAPIKeyError"), "provider_auth"],
  ["a feature that is not there", named("AI_UnsupportedFunctionalityError"), "not_translatable"],
  ["a prompt that cannot be said", named("AI_InvalidPromptError"), "not_translatable"],
  ["a model that is not there", named("AI_NoSuchModelError"), "provider_model_unknown"],
  ["an answer of another shape", named("AI_TypeValidationError"), "provider_protocol"],
  ["an answer that is no JSON", named("AI_JSONParseError"), "provider_protocol"],
  ["an empty answer", named("AI_EmptyResponseBodyError"), "provider_protocol"],
  [
    "no network",
    named("TypeError", { code: "ECONNREFUSED" }),
    "provider_unavailable",
    "The provider fake failed (ECONNREFUSED).",
  ],
  ["a name that is no word", named("my secret: x"), "provider_unavailable", "The provider fake failed (Error)."],
  ["text", "secret", "provider_unavailable", "The provider fake reported an error."],
  ["nothing", undefined, "provider_unavailable", "The provider fake reported an error."],
  ["an error of Headgate's", new HeadgateError("content_filtered", { detail: "x" }), "content_filtered", "x"],
];

test.each(table)("a model that throws for %s fails as it should", async (_what, error, code, detail) => {
  const bench = openFakeModel({
    generate: () => {
      throw error;
    },
    stream: () => Promise.reject(error),
  });
  const failures = [await bench.complete().catch((thrown: unknown) => thrown), (await bench.read()).error];
  for (const failure of failures) {
    expect(failure).toMatchObject({ code, ...(detail === undefined ? {} : { detail }) });
    expect(HeadgateError.from(failure).message).not.toContain("secret");
    // The AI SDK's errors hold the request, and causes are logged.
    expect(HeadgateError.from(failure).cause).toBeUndefined();
  }
});

test("a model that is rate limited says for how long", async () => {
  const bench = openFakeModel({
    generate: () => Promise.reject(httpError(429, { responseHeaders: { "retry-after": "3" } })),
  });
  await expect(bench.complete()).rejects.toMatchObject({ code: "provider_rate_limited", retryAfterMs: 3000 });
});

describe("an error part", () => {
  const text = { type: "text-delta", id: "0", delta: "Well, " };
  const streamed: readonly (readonly [string, unknown, string])[] = [
    ["an error with a status", httpError(429), "provider_rate_limited"],
    ["an error of a stream with a status", named("AI_ProviderStreamError", { statusCode: 503 }), "provider_overloaded"],
    ["what the vendor sent", { type: "overloaded_error", message: "secret" }, "provider_overloaded"],
    ["what the vendor sent, wrapped", { error: { code: "rate_limit_exceeded" } }, "provider_rate_limited"],
    ["text", "secret", "provider_unavailable"],
    [
      "the end of a stream that was cut",
      Object.assign(new Error("Response stream ended without a finish reason."), {
        name: "AI_InvalidResponseDataError",
      }),
      "stream_cut",
    ],
    ["data that makes no sense", named("AI_InvalidResponseDataError"), "provider_protocol"],
  ];
  test.each(streamed)("with %s ends the stream, after what came before", async (_what, error, code) => {
    const parts = [{ type: "stream-start", warnings: [] }, text, { type: "error", error }];
    const bench = openFakeModel({ stream: () => ({ stream: toStream(parts) }) });
    const read = await bench.read();
    expect(read.parts).toEqual([{ type: "text", text: "Well, " }]);
    expect(read.error).toMatchObject({ code });
    expect(read.error?.message).not.toContain("secret");
  });

  test("that comes first fails the call itself", async () => {
    const parts = [{ type: "error", error: httpError(401) }];
    const bench = openFakeModel({ stream: () => ({ stream: toStream(parts) }) });
    await expect(bench.generate({ stream: true })).rejects.toMatchObject({ code: "provider_auth" });
  });
});
