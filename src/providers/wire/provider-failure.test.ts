import { describe, expect, test } from "vitest";
import type { ErrorCode, HeadgateError } from "../../errors.ts";
import { toInBandError, toProviderError, type FailedAnswer } from "./provider-failure.ts";

const nowMs = Date.UTC(2026, 0, 1);

function fail(status: number, error: unknown = {}, headers: FailedAnswer["headers"] = {}): HeadgateError {
  return toProviderError({ peer: "p", status, headers, body: Buffer.from(JSON.stringify({ error })), nowMs });
}

describe("a status", () => {
  const table: readonly (readonly [number, unknown, ErrorCode])[] = [
    ...[300, 301, 302, 303, 304, 307, 308].map((status) => [status, {}, "provider_protocol"] as const),
    ...[500, 501, 502, 504, 520, 524, 408, 409, 425].map((status) => [status, {}, "provider_unavailable"] as const),
    ...[503, 529].map((status) => [status, {}, "provider_overloaded"] as const),
    [400, { type: "overloaded_error" }, "provider_overloaded"],
    [500, { code: "server_is_overloaded" }, "provider_overloaded"],
    [401, {}, "provider_auth"],
    [403, {}, "provider_auth"],
    [402, {}, "provider_spent"],
    [403, { code: "insufficient_balance" }, "provider_spent"],
    [400, { message: "Your credit balance is too low to access the API." }, "provider_spent"],
    [429, { message: "You exceeded your current quota, please check your plan." }, "provider_rate_limited"],
    [404, {}, "provider_model_unknown"],
    [404, { code: "DeploymentNotFound" }, "provider_model_unknown"],
    [410, {}, "provider_model_unknown"],
    [400, { code: "model_decommissioned" }, "provider_model_unknown"],
    [404, { type: "not_found_error", message: "model: claude-9" }, "provider_model_unknown"],
    [404, { type: "not_found_error", message: "File not found: file_011" }, "provider_rejected"],
    [404, { type: "invalid_request_error", message: "Prompt with id 'pmpt_1' not found." }, "provider_rejected"],
    [404, { type: "invalid_request_error", message: "Conversation with id 'conv_1' not found." }, "provider_rejected"],
    [404, { message: "Vector store with id [vs_1] not found." }, "provider_rejected"],
    [404, { message: "No such File object: file-1" }, "provider_rejected"],
    [413, {}, "provider_rejected"],
    [413, { message: "This model's maximum context length is 8192 tokens." }, "context_too_long"],
    [400, {}, "provider_rejected"],
    [422, {}, "provider_rejected"],
    [451, {}, "provider_rejected"],
  ];
  test.each(table)("%s with %o is %s", (status, error, code) => {
    expect(fail(status, error)).toMatchObject({ code });
  });
});

describe("the vendor's word on asking again", () => {
  const table: readonly (readonly [number, unknown, string, ErrorCode])[] = [
    [500, {}, "false", "provider_unavailable"],
    [503, {}, "false", "provider_overloaded"],
    [429, {}, "false", "provider_rate_limited"],
    [400, {}, "false", "provider_rejected"],
    [400, {}, "true", "provider_unavailable"],
    [404, {}, "true", "provider_unavailable"],
    [429, {}, "true", "provider_rate_limited"],
    [503, {}, "true", "provider_overloaded"],
    [429, { code: "insufficient_quota" }, "true", "provider_spent"],
    [307, {}, "true", "provider_protocol"],
    [500, {}, "perhaps", "provider_unavailable"],
  ];
  test.each(table)("of status %s with %o, %s, makes it %s", (status, error, word, code) => {
    const failure = fail(status, error, { "x-should-retry": word, "retry-after": "7" });
    expect(failure).toMatchObject({ code });
    expect(failure.shouldRetry).toBe(word === "false" ? false : undefined);
    expect(failure.retryAfterMs).toBe(failure.retryable && code !== "provider_protocol" ? 7000 : undefined);
  });
});

describe("how long to wait", () => {
  const resets = { "x-ratelimit-reset-requests": "6m0s" };
  test.each([
    [429, { "retry-after": "2", ...resets }, 2000],
    [429, resets, 360_000],
    [429, { "retry-after": "-5", ...resets }, 360_000],
    [429, { "x-ratelimit-reset-requests": "-1" }, undefined],
    [503, { "retry-after": "3" }, 3000],
    [529, { "retry-after-ms": "40" }, 40],
    // A server that fails has limits as well, which say nothing of its failure.
    [503, resets, undefined],
    [402, { "retry-after": "2" }, undefined],
    [400, { "retry-after": "2" }, undefined],
  ])("with status %s and %o is %s ms", (status, headers, waitMs) => {
    expect(fail(status, {}, headers).retryAfterMs).toBe(waitMs);
  });
});

test("a filter's reasons are named, where they are words", () => {
  const filtered = {
    code: "content_filter",
    message: "The prompt 'secret' was filtered.",
    innererror: {
      code: "ResponsibleAIPolicyViolation",
      content_filter_result: {
        hate: { filtered: true, severity: "high" },
        violence: { filtered: false, severity: "safe" },
        "a secret": { filtered: true },
        jailbreak: { filtered: true, detected: true },
      },
    },
  };
  expect(fail(400, filtered)).toMatchObject({
    code: "content_filtered",
    detail: "p answered 400 (content_filter, ResponsibleAIPolicyViolation, hate, jailbreak).",
  });
});

test.each([
  [{ type: "overloaded_error" }, "provider_overloaded"],
  [{ code: "server_is_overloaded" }, "provider_overloaded"],
  [{ code: "serviceUnavailableException" }, "provider_overloaded"],
  [{ code: 402 }, "provider_spent"],
  [{ type: "billing_error" }, "provider_spent"],
  [{ code: "model_not_found" }, "provider_model_unknown"],
  [{ type: "rate_limit_error" }, "provider_rate_limited"],
  [{ type: "api_error" }, "provider_unavailable"],
  [{ type: "unheard_of" }, "provider_unavailable"],
])("an error in a stream, %o, is %s", (error, code) => {
  expect(toInBandError("p", { error })).toMatchObject({ code });
});
