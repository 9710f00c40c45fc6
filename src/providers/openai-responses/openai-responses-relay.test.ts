import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import type { ModelRequest } from "../provider.ts";
import {
  completed,
  event,
  greet,
  openScriptedResponses,
  textDelta,
  toMessage,
  toRequest,
  toResponse,
  toText,
  type ScriptedResponses,
} from "./openai-responses-fixture.ts";

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

const toRelay = (body: Record<string, unknown> = {}, stream = true): ModelRequest => ({
  ...toRequest({ stream }),
  foreign: { dialect: "openai-responses", body: { model: "client-name", input: "Hi", stream, vendor: 1, ...body } },
});

const readRaw = (parts: readonly Part[]): string =>
  Buffer.concat(parts.flatMap((part) => (part.type === "raw" ? [part.bytes] : []))).toString();

const usage = { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } };

describe("a relay", () => {
  test("forwards the client's body with the model replaced, and the dialect's headers, with its own key", async () => {
    const request = toRelay({ previous_response_id: null, conversation: null, background: false });
    const headers = { "openai-beta": "x", authorization: "Bearer client" };
    await bench.complete({ ...request, foreign: { ...request.foreign!, headers } });
    expect(bench.seen[0]).toMatchObject({ headers: { "openai-beta": "x", authorization: "Bearer sk-test" } });
    expect(bench.seen[0]?.body).toEqual({
      model: "m-1",
      input: "Hi",
      stream: true,
      vendor: 1,
      previous_response_id: null,
      conversation: null,
      background: false,
    });
  });

  test.each([
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ conversation: { id: "conv_1" } }, "conversation"],
    [{ background: true }, "background"],
    [{ previous_response_id: "", background: true }, "previous_response_id, background"],
  ])("never asks the vendor for what it keeps: %o", async (body, named) => {
    for (const stream of [false, true]) {
      await expect(bench.generate(toRelay(body, stream))).rejects.toMatchObject({
        code: "not_translatable",
        detail: `Responses that the provider keeps cannot be used: ${named}.`,
      });
    }
    expect(bench.seen).toEqual([]);
  });

  test("returns a whole answer's bytes untouched, and what they say", async () => {
    const body = [
      '{ "output": [ {"type":"message","content":[{"type":"output_text","text":"x"}]} ],',
      ' "vendor": 1.0, "status":"completed", "usage": {"input_tokens":1,"output_tokens":2} }',
    ].join("\n");
    bench.script({ body });
    const answer = await bench.complete(toRelay({}, false));
    expect(Buffer.from(answer.raw!).toString()).toBe(body);
    expect(answer).toMatchObject({ text: "x", finishReason: "stop", usage: { inputTokens: 1, outputTokens: 2 } });
  });

  test.each([[undefined], [[7, 100, 333]], [Array.from({ length: 4000 }, (_, index) => index + 1)]])(
    "passes a stream's bytes as they came",
    async (borders) => {
      const ending = completed([toMessage(toText("x"))]);
      const body = [
        ": warm\n\n",
        event("response.created", { response: { status: "in_progress" } }),
        textDelta('said "response.completed" and {"type":"response.failed","error":{}}').replaceAll("\n", "\r\n"),
        textDelta("x", { vendor_field: 1, obfuscation: "abc" }),
        ending,
      ].join("");
      bench.script({ body, ...(borders ? { borders } : {}) });
      const { parts } = await bench.read(toRelay());
      expect(readRaw(parts)).toBe(body);
      // Nothing that shows the client the answer's end comes before finish, which the record waits for.
      expect(parts.at(-1)).toEqual({ type: "raw", bytes: Buffer.from(ending), says: [] });
      const usageAt = parts.findIndex(({ type }) => type === "usage");
      expect(parts.slice(usageAt, usageAt + 2)).toEqual([
        usage,
        { type: "finish", reason: "stop", rawReason: "completed" },
      ]);
    },
  );

  const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
  const refusal = { type: "refusal", refusal: "No." };
  test.each([
    ["tool_calls", [event("response.output_item.done", { output_index: 1, item: call })], completed()],
    ["tool_calls", [], completed([call])],
    [
      "content_filter",
      [event("response.refusal.delta", { output_index: 1, content_index: 0, delta: "No." })],
      completed(),
    ],
    ["content_filter", [], completed([toMessage(refusal)])],
    [
      "length",
      [],
      event("response.incomplete", {
        response: toResponse([], { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
      }),
    ],
  ])("knows that a stream ends by %s", async (reason, events, ending) => {
    const begun = event("response.reasoning_summary_text.delta", { output_index: 0, summary_index: 0, delta: "Hm." });
    bench.script({ body: [begun, ...events, ending].join("") });
    const { parts } = await bench.read(toRelay());
    expect(parts).toContainEqual(expect.objectContaining({ type: "finish", reason }));
    expect(parts).toContainEqual(usage);
  });

  test("passes nothing on before the model's first word, so that an error until then stays whole", async () => {
    const before =
      event("response.created", { response: {} }) + event("response.output_item.added", { item: toMessage() });
    bench.script({ body: before + event("error", { code: "server_error" }) });
    expect(await bench.read(toRelay())).toMatchObject({ parts: [], error: { code: "provider_unavailable" } });
    bench.script({ body: before + textDelta("x") + completed() });
    const { parts } = await bench.read(toRelay());
    expect(readRaw([parts[0]!])).toMatch(/^event: response\.created/);
    expect(readRaw(parts)).toBe(before + textDelta("x") + completed());
  });

  test("lets the client watch the vendor's own tools at work", async () => {
    const begun = event("response.output_item.added", { output_index: 0, item: { type: "web_search_call" } });
    bench.script({ body: begun + event("error", { code: "server_error" }) });
    const { parts, error } = await bench.read(toRelay());
    expect(error).toMatchObject({ code: "provider_unavailable" });
    expect(readRaw(parts)).toBe(begun);
  });

  test.each([
    event("error", { code: "rate_limit_exceeded" }),
    event("response.failed", { response: { status: "failed", error: { code: "rate_limit_exceeded" } } }),
    `data: ${JSON.stringify({ error: { code: "rate_limit_exceeded" } })}\n\n`,
    event("response.failed", { response: { status: "failed" } }),
  ])("fails on an error after content, without passing that event on: %s", async (failure) => {
    bench.script({ body: textDelta("x") + failure });
    const { parts, error } = await bench.read(toRelay());
    expect(error?.code).toMatch(/^provider_(?:rate_limited|unavailable)$/);
    expect(readRaw(parts)).toBe(textDelta("x"));
  });

  test("passes nothing on after the answer's end", async () => {
    const body = greet("Hi.", true) as string;
    bench.script({ body: body + textDelta("late"), borders: [] });
    expect(readRaw((await bench.read(toRelay())).parts)).toBe(body);
  });

  test("that is cut in the middle of the answer fails as cut", async () => {
    bench.script({ body: textDelta("x") });
    expect(await bench.read(toRelay())).toMatchObject({ error: { code: "stream_cut" } });
  });
});
