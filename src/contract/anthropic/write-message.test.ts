import { beforeAll, describe, expect, test } from "vitest";
import { createAnthropicSpec, hasAnthropicSpec, type SpecValidator } from "../../../test/specs/anthropic-spec.ts";
import { HeadgateError, type ErrorCode } from "../../errors.ts";
import type { Completion, FinishReason } from "../../reply.ts";
import { toDialectStatus } from "../dialect.ts";
import { toAnthropicError } from "./anthropic-error.ts";
import { toMessage } from "./write-message.ts";

const head = { requestId: "0190aaaa-0000-7000-8000-000000000000", model: "m-1", createdAtMs: 0 };
const empty: Completion = { text: "", toolCalls: [], finishReason: "stop" };

function write(completion: Partial<Completion>): ReturnType<typeof toMessage> {
  return toMessage({ ...empty, ...completion }, head);
}

function writeInput(text: string): unknown {
  const { content } = write({ toolCalls: [{ id: "t", name: "look", arguments: text }] });
  return (content as { input: unknown }[])[0]?.input;
}

const whole: Completion = {
  text: "Grüße 👩‍🚀",
  reasoning: "Say hello.",
  reasoningBlocks: [
    { vendor: "anthropic", text: "Say hello.", signature: "sig" },
    { vendor: "anthropic", text: "", encrypted: "sealed" },
  ],
  sources: [{ url: "https://x/y", title: "Y" }, { url: "https://x/z" }],
  toolCalls: [
    { id: "call_1", name: "look", arguments: '{"at":"x"}' },
    { id: "", name: "wait", arguments: "" },
  ],
  finishReason: "tool_calls",
  usage: {
    inputTokens: 100,
    outputTokens: 20,
    cachedInputTokens: 60,
    cacheWriteTokens: 30,
    cacheWrite1hTokens: 10,
    reasoningTokens: 5,
    serviceTier: "priority",
  },
};

describe("a whole answer", () => {
  test("has reasoning, text with its sources, and tool calls, and its input is told without the cache's", () => {
    expect(toMessage(whole, head)).toEqual({
      id: `msg_${head.requestId}`,
      type: "message",
      role: "assistant",
      model: "m-1",
      content: [
        { type: "thinking", thinking: "Say hello.", signature: "sig" },
        { type: "redacted_thinking", data: "sealed" },
        {
          type: "text",
          text: "Grüße 👩‍🚀",
          citations: [
            { type: "web_search_result_location", url: "https://x/y", title: "Y", cited_text: "", encrypted_index: "" },
            {
              type: "web_search_result_location",
              url: "https://x/z",
              title: null,
              cited_text: "",
              encrypted_index: "",
            },
          ],
        },
        { type: "tool_use", id: "call_1", name: "look", input: { at: "x" }, caller: { type: "direct" } },
        {
          type: "tool_use",
          id: `toolu_${head.requestId}_1`,
          name: "wait",
          input: {},
          caller: { type: "direct" },
        },
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: null,
        service_tier: "priority",
        inference_geo: null,
      },
    });
  });

  test("without content or usage has no blocks, and zeros", () => {
    const { content, usage } = write({});
    expect(content).toEqual([]);
    expect(usage).toMatchObject({ input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0 });
  });

  test.each<[FinishReason, string]>([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["tool_calls", "tool_use"],
    ["content_filter", "refusal"],
    ["other", "end_turn"],
  ])("that ended by %s says %s", (finishReason, expected) => {
    expect(write({ finishReason })).toMatchObject({ stop_reason: expected, stop_sequence: null });
  });

  test.each<[FinishReason, string, string]>([
    ["stop", "stop_sequence", "stop_sequence"],
    ["length", "model_context_window_exceeded", "model_context_window_exceeded"],
    ["other", "pause_turn", "pause_turn"],
    ["content_filter", "refusal", "refusal"],
    // Words of others, and ones that are not what the answer came to.
    ["tool_calls", "stop_sequence", "tool_use"],
    ["stop", "end", "end_turn"],
    ["content_filter", "guardrail_intervened", "refusal"],
  ])("that ended by %s, which its vendor calls %s, says %s", (finishReason, rawFinishReason, expected) => {
    expect(write({ finishReason, rawFinishReason })).toMatchObject({ stop_reason: expected });
  });

  test.each([
    [["END"], "END"],
    [["END", "\n"], null],
    [undefined, null],
  ])("that one of the sequences %j ended names %j", (stop, expected) => {
    const ended: Completion = { ...empty, rawFinishReason: "stop_sequence" };
    expect(toMessage(ended, head, { settings: { stop } })).toMatchObject({ stop_sequence: expected });
    expect(toMessage(empty, head, { settings: { stop } })).toMatchObject({ stop_sequence: null });
  });

  test.each([
    ['{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
    ["", {}],
    [" \n", {}],
    ['{"a":1,"__proto__":{"b":2}}', { a: 1 }],
    ['{"a":', { INVALID_JSON: '{"a":' }],
    ["[1]", { INVALID_JSON: "[1]" }],
    ["null", { INVALID_JSON: "null" }],
    ["[".repeat(100), { INVALID_JSON: "[".repeat(100) }],
  ])("with the arguments %s has the input %j", (text, expected) => {
    expect(writeInput(text)).toEqual(expected);
  });
});

const codes: readonly (readonly [ErrorCode, number, string])[] = [
  ["request_invalid", 400, "invalid_request_error"],
  ["not_translatable", 400, "invalid_request_error"],
  ["provider_rejected", 400, "invalid_request_error"],
  ["media_type_unsupported", 415, "invalid_request_error"],
  ["key_invalid", 401, "authentication_error"],
  ["scope_missing", 403, "permission_error"],
  ["model_not_found", 404, "not_found_error"],
  ["request_timed_out", 408, "timeout_error"],
  ["body_too_large", 413, "request_too_large"],
  ["provider_rate_limited", 429, "rate_limit_error"],
  ["internal", 500, "api_error"],
  ["provider_auth", 502, "api_error"],
  ["overloaded", 503, "overloaded_error"],
  ["provider_unavailable", 503, "overloaded_error"],
  ["deadline_exceeded", 504, "timeout_error"],
];

describe("an error", () => {
  test.each(codes)("%s has the status %i and the type %s", (code, status, type) => {
    const error = new HeadgateError(code, { detail: "So it is." });
    expect(toDialectStatus(error)).toBe(status);
    expect(toAnthropicError(error, head.requestId)).toEqual({
      type: "error",
      error: { type, message: "So it is.", details: { error_code: code } },
      request_id: head.requestId,
    });
  });

  test("about a thread tells the official clients to go on without one", () => {
    const issues = [{ path: "/thread", message: "only Anthropic's API keeps conversations" }];
    expect(toAnthropicError(new HeadgateError("not_translatable", { issues }), "r")).toMatchObject({
      error: { type: "invalid_request_error", details: { error_code: "thread_unsupported_request", unsupported: [] } },
    });
  });

  test("of a prompt that is too long has Anthropic's own words, which clients look for", () => {
    const error = new HeadgateError("context_too_long", { detail: "The provider x answered 400." });
    expect(toAnthropicError(error, "r")).toMatchObject({
      error: {
        type: "invalid_request_error",
        message: "prompt is too long: The provider x answered 400.",
        details: { error_code: "context_too_long" },
      },
    });
  });

  test("that nobody expected is told without its words", () => {
    const error = HeadgateError.from(new Error("password=hunter2"));
    expect(toAnthropicError(error, "r")).toMatchObject({
      error: { type: "api_error", message: "Unexpected internal error" },
    });
  });
});

describe.runIf(hasAnthropicSpec)("by the published description", () => {
  let spec: SpecValidator;
  let relaxed: SpecValidator;

  beforeAll(() => {
    spec = createAnthropicSpec({ isStrict: true });
    relaxed = createAnthropicSpec();
  });

  test("answers are valid to the letter", () => {
    expect(spec.findMistakes("Message", toMessage(whole, head))).toEqual([]);
    expect(spec.findMistakes("Message", write({}))).toEqual([]);
    expect(spec.findMistakes("Message", write({ reasoning: "R", text: "T", finishReason: "length" }))).toEqual([]);
  });

  test("errors of every type that it knows are valid to the letter", () => {
    for (const [code, , type] of codes) {
      // Its document for errors has no type for bodies that are too large; its prose does.
      const expected = type === "request_too_large" ? 1 : 0;
      const mistakes = spec.findMistakes("ErrorResponse", toAnthropicError(new HeadgateError(code), "r"));
      expect([type, Math.sign(mistakes.length)]).toEqual([type, expected]);
    }
  });

  test("the validator finds what is wrong", () => {
    expect(relaxed.findMistakes("Message", { ...write({}), id: undefined })).not.toEqual([]);
    expect(relaxed.findMistakes("Message", { ...write({}), content: [{ type: "text" }] })).not.toEqual([]);
    expect(
      relaxed.findMistakes("Message", { ...write({}), usage: { input_tokens: "1", output_tokens: 1 } }),
    ).not.toEqual([]);
  });
});
