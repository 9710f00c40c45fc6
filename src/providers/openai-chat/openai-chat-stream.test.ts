import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import { createOutbound } from "../../outbound.ts";
import { collect } from "../../reply.ts";
import {
  delta,
  event,
  openScriptedOpenAiChat,
  toRequest,
  type ScriptedOpenAiChat,
} from "../../testing/scripted-openai-chat.ts";

let bench: ScriptedOpenAiChat;

beforeEach(async () => {
  bench = await openScriptedOpenAiChat();
});

afterEach(() => bench.close());

const streamed = toRequest({ stream: true });

describe("a stream", () => {
  test("may be cut at every byte", async () => {
    bench.upstream.script({ text: "naïve 漢字 👩‍🚀 text", chunkBorders: "byte" });
    expect(await bench.complete(streamed)).toMatchObject({ text: "naïve 漢字 👩‍🚀 text", finishReason: "stop" });
  });

  test("may hold comments, pings, empty choices, null content and unknown events", async () => {
    bench.upstream.script({
      rawBody: [
        ": OPENROUTER PROCESSING\n\n",
        "data:\n\n",
        "event: ping\ndata: {}\n\n",
        event({ choices: [], prompt_filter_results: [] }),
        delta({ role: "assistant", content: null }),
        event({ choices: [{ index: 1, delta: { content: "another choice" }, finish_reason: "stop" }] }),
        delta({ content: "x" }, "stop"),
        event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }),
        "data: [DONE]\n\n",
      ].join(""),
    });
    expect((await bench.read(streamed)).parts).toEqual([
      { type: "text", text: "x" },
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
      { type: "finish", reason: "stop", rawReason: "stop" },
    ]);
  });

  test("with usage in every chunk counts the last", async () => {
    const chunk = (tokens: number, reason: string | null): string =>
      event({
        choices: [{ index: 0, delta: { content: "x" }, finish_reason: reason }],
        usage: { prompt_tokens: 8, completion_tokens: tokens },
      });
    bench.upstream.script({ rawBody: chunk(1, null) + chunk(2, null) + chunk(3, "stop") });
    expect((await bench.complete(streamed)).usage).toEqual({ inputTokens: 8, outputTokens: 3 });
  });

  test("keeps apart parallel tool calls that share an index, or have none", async () => {
    const call = (value: unknown): string => delta({ tool_calls: [value] });
    const first = { id: "a", function: { name: "f", arguments: '{"x":' } };
    const second = { id: "b", function: { name: "g", arguments: "{}" } };
    for (const index of [{ index: 0 }, {}]) {
      bench.upstream.script({
        rawBody:
          call({ ...index, ...first }) +
          call({ ...index, function: { arguments: "1}" } }) +
          call({ ...index, ...second }) +
          `${delta({}, "tool_calls")}data: [DONE]\n\n`,
      });
      expect((await bench.complete(streamed)).toolCalls).toEqual([
        { id: "a", name: "f", arguments: '{"x":1}' },
        { id: "b", name: "g", arguments: "{}" },
      ]);
    }
  });

  test("is complete with a finish reason and no [DONE]", async () => {
    bench.upstream.script({ rawBody: delta({ content: "x" }, "length") });
    expect(await bench.complete(streamed)).toMatchObject({ text: "x", finishReason: "length" });
  });

  test("is complete after its finish reason, though the server neither says more nor closes", async () => {
    const waits: number[] = [];
    const after = (ms: number, callback: () => void): (() => void) => {
      waits.push(ms);
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    };
    const provider = bench.createProvider({ clock: { ...systemClock, after } });
    const rawBody = `${delta({ content: "x" })}${delta({}, "stop")}data: [DONE]\n\n`;
    bench.upstream.script({ rawBody, stallAfter: 2 });
    const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
    const answer = await collect(await provider.generate(streamed, context));
    expect(answer).toMatchObject({ text: "x", finishReason: "stop" });
    expect(waits.every((ms) => ms > 0 && ms <= 1000)).toBe(true);
    expect(waits.length).toBeGreaterThan(0);
  });

  test("is complete with [DONE] and no finish reason at a vendor that never names one", async () => {
    const rawBody = `${delta({ content: "x" })}data: [DONE]\n\n`;
    const { upstream } = bench;
    const outbound = createOutbound();
    const provider = bench.createProvider({
      baseUrl: "https://account.snowflakecomputing.com/v1",
      outbound: {
        ...outbound,
        stream: (request) => outbound.stream({ ...request, url: `${upstream.url}/chat/completions` }),
      },
    });
    upstream.script({ rawBody });
    const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
    const answer = await collect(await provider.generate(streamed, context));
    expect(answer).toMatchObject({ text: "x", finishReason: "other" });
    await outbound.close();
  });

  test("is over at [DONE], though the connection stays open and more comes", async () => {
    const rawBody = `${delta({ content: "x" }, "stop")}data: [DONE]\n\n${delta({ content: "late" })}`;
    for (const chunkBorders of ["event", []] as const) {
      bench.upstream.script({ rawBody, chunkBorders });
      expect(await bench.complete(streamed)).toMatchObject({ text: "x" });
    }
    bench.upstream.script({ rawBody, stallAfter: 2 });
    expect(await bench.complete(streamed)).toMatchObject({ text: "x" });
    expect(await bench.upstream.ledger.waitFor((requests) => requests[2]?.closedByPeerAtMs)).toBeGreaterThan(0);
  });

  test.each([
    ["without either mark", { rawBody: delta({ content: "half" }) }],
    ["with [DONE] and no finish reason", { rawBody: `${delta({ content: "half" })}data: [DONE]\n\n` }],
    ["with an empty finish reason", { rawBody: `${delta({ content: "half" }, "")}data: [DONE]\n\n` }],
    ["in the middle of an event", { rawBody: `${delta({ content: "half" })}data: {"choices":[{"del` }],
    ["by a closed connection", { text: "half of it", cutAfter: 3 }],
  ])("that ends %s is cut, after its parts were passed on", async (_how, answer) => {
    bench.upstream.script(answer);
    const { parts, error } = await bench.read(streamed);
    expect(error).toMatchObject({ code: "stream_cut" });
    expect(parts[0]).toMatchObject({ type: "text", text: expect.stringContaining("half") as string });
    expect(parts.some(({ type }) => type === "finish")).toBe(false);
  });

  test.each([
    ["overloaded", { error: { type: "overloaded_error", message: "secret" } }, "provider_overloaded"],
    ["rate limited", { error: { code: 429, message: "secret" } }, "provider_rate_limited"],
    [
      "invalid",
      { error: { type: "invalid_request_error", code: "tool_use_failed", status_code: 400 } },
      "provider_rejected",
    ],
    ["out of money", { error: { code: "insufficient_quota" } }, "provider_spent"],
    ["without access", { error: { type: "authentication_error" } }, "provider_auth"],
    ["vLLM's kind", { object: "error", message: "secret", code: 503 }, "provider_overloaded"],
    ["a bare text", { error: "secret" }, "provider_unavailable"],
  ])("that reports being %s in an event fails with it", async (_what, error, code) => {
    for (const before of ["", delta({ content: "x" })]) {
      bench.upstream.script({ rawBody: `${before}event: error\n${event(error)}` });
      const thrown = (await bench.read(streamed)).error;
      expect(thrown).toMatchObject({ code });
      expect(thrown?.message).not.toContain("secret");
    }
  });

  test("whose event is not JSON breaks the protocol", async () => {
    bench.upstream.script({ rawBody: `data: {oops}\n\n${delta({}, "stop")}` });
    expect((await bench.read(streamed)).error).toMatchObject({ code: "provider_protocol" });
  });

  test("with [DONE] and nothing else breaks the protocol", async () => {
    bench.upstream.script({ rawBody: "data: [DONE]\n\n" });
    expect((await bench.read(streamed)).error).toMatchObject({ code: "provider_protocol" });
  });

  test("that is left early has its connection closed", async () => {
    bench.upstream.script({ text: "some words", stallAfter: 2 });
    for await (const part of (await bench.generate(streamed)).parts) {
      expect(part).toMatchObject({ type: "text" });
      break;
    }
    expect(await bench.upstream.ledger.waitFor((requests) => requests[0]?.closedByPeerAtMs)).toBeGreaterThan(0);
  });

  test("whose client is gone has its connection closed, and fails as cancelled", async () => {
    bench.upstream.script({ text: "some words", stallAfter: 2 });
    const controller = new AbortController();
    const iterator = (await bench.generate(streamed, controller.signal)).parts[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    controller.abort();
    await expect(next).rejects.toMatchObject({ code: "request_cancelled" });
    expect(await bench.upstream.ledger.waitFor((requests) => requests[0]?.closedByPeerAtMs)).toBeGreaterThan(0);
  });
});
