import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  delta,
  event,
  openScriptedOpenAiChat,
  toRequest,
  type ScriptedOpenAiChat,
} from "../../testing/scripted-openai-chat.ts";
import type { Part } from "../../reply.ts";
import type { ModelRequest } from "../provider.ts";

let bench: ScriptedOpenAiChat;

beforeEach(async () => {
  bench = await openScriptedOpenAiChat();
});

afterEach(() => bench.close());

describe("a relay", () => {
  const toRelay = (body: Record<string, unknown> = {}, stream = false): ModelRequest => ({
    ...toRequest({ stream }),
    foreign: {
      dialect: "openai-chat",
      body: { model: "client-name", messages: [], stream, logit_bias: { 5: 1 }, ...body },
    },
  });
  const readRaw = (parts: readonly Part[]): string =>
    Buffer.concat(parts.flatMap((part) => (part.type === "raw" ? [part.bytes] : []))).toString();

  test("forwards the client's body with the model replaced", async () => {
    await bench.complete(toRelay());
    await bench.complete(toRelay({ stream_options: { include_obfuscation: false } }, true));
    expect(bench.upstream.ledger.requests.map(({ body }) => body)).toEqual([
      { model: "m-1", messages: [], stream: false, logit_bias: { 5: 1 } },
      {
        model: "m-1",
        messages: [],
        stream: true,
        logit_bias: { 5: 1 },
        stream_options: { include_obfuscation: false, include_usage: true },
      },
    ]);
  });

  test("returns a whole answer's bytes untouched, and what they say", async () => {
    const rawBody = `{ "choices": [ {"message": {"content":"x"}, "finish_reason":"stop"} ],\n "vendor": 1.0, "usage": {"prompt_tokens":1,"completion_tokens":2} }`;
    bench.upstream.script({ rawBody });
    const answer = await bench.complete(toRelay());
    expect(Buffer.from(answer.raw!).toString()).toBe(rawBody);
    expect(answer).toMatchObject({ text: "x", finishReason: "stop", usage: { inputTokens: 1, outputTokens: 2 } });
  });

  test.each(["event", "byte", [7, 100, 333]] as const)(
    "passes a stream's bytes as they came, cut by %s",
    async (chunkBorders) => {
      const usage = event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } });
      const ending = [delta({}, "stop"), usage, "data: [DONE]\n\n"];
      const rawBody = [
        ": warm\n\n",
        delta({ role: "assistant", content: "" }),
        delta({ content: 'quoted "usage": {} and "finish_reason":"stop"' }).replaceAll("\n", "\r\n"),
        delta({ content: "x", vendor_field: 1 }),
        ...ending,
      ].join("");
      bench.upstream.script({ rawBody, chunkBorders });
      const { parts } = await bench.read(toRelay({ stream_options: { include_usage: true } }, true));
      expect(readRaw(parts)).toBe(rawBody);
      expect(parts.slice(-3).map(({ type }) => type)).toEqual(["usage", "finish", "raw"]);
      // Nothing that shows the client the answer's end comes before finish, which the record waits for.
      expect(parts.at(-1)).toEqual({ type: "raw", bytes: Buffer.from(ending.join("")), says: [] });
      expect(parts).toContainEqual({ type: "usage", usage: { inputTokens: 1, outputTokens: 2 } });
    },
  );

  test.each(["event", "byte"] as const)(
    "hides the usage chunk from a client that did not ask, and counts it (cut by %s)",
    async (chunkBorders) => {
      const usage = event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } });
      const shown = [delta({ content: "x" }), delta({}, "stop")];
      bench.upstream.script({ rawBody: [...shown, usage, "data: [DONE]\n\n"].join(""), chunkBorders });
      const { parts } = await bench.read(toRelay({}, true));
      expect(readRaw(parts)).toBe([...shown, "data: [DONE]\n\n"].join(""));
      expect(parts).toContainEqual({ type: "usage", usage: { inputTokens: 1, outputTokens: 2 } });
    },
  );

  describe("of several choices", () => {
    const second = (content: string, reason: string | null = null): string =>
      event({ choices: [{ index: 1, delta: { content }, finish_reason: reason }] });
    const begun = [delta({ content: "x" }), second("y"), delta({}, "stop"), second("z")];

    test("passes the others on after the first has ended, and holds back only the end of the last", async () => {
      const ending = [second("", "stop"), "data: [DONE]\n\n"];
      bench.upstream.script({ rawBody: [...begun, ...ending].join(""), chunkBorders: "event" });
      const { parts } = await bench.read(toRelay({ n: 2 }, true));
      expect(parts.map(({ type }) => type)).toEqual(["raw", "raw", "raw", "raw", "finish", "raw"]);
      expect(readRaw(parts.slice(0, 4))).toBe(begun.join(""));
      expect(readRaw(parts.slice(-1))).toBe(ending.join(""));
    });

    test.each(["", "data: [DONE]\n\n"])("is cut if one of them has not ended: %j", async (ending) => {
      bench.upstream.script({ rawBody: `${begun.join("")}${ending}` });
      const { parts, error } = await bench.read(toRelay({ n: 2 }, true));
      expect(parts.map(({ type }) => type)).not.toContain("finish");
      expect(error).toMatchObject({ code: "stream_cut" });
    });
  });

  test("does not hide a chunk that carries usage and content", async () => {
    const rawBody = event({
      choices: [{ index: 0, delta: { content: "x" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
    bench.upstream.script({ rawBody });
    const { parts } = await bench.read(toRelay({}, true));
    expect(readRaw(parts)).toBe(`${rawBody}data: [DONE]\n\n`);
    // Before its end, so that the server knows that it writes no events of its own.
    expect(parts.map(({ type }) => type)).toEqual(["raw", "usage", "finish", "raw"]);
    expect(readRaw([parts[0]!])).toBe("");
  });

  test("passes nothing on before the model's first word, so that an error until then stays whole", async () => {
    const before = `: processing\n\n${delta({ role: "assistant", content: "" })}`;
    bench.upstream.script({ rawBody: `${before}${event({ error: { type: "overloaded_error" } })}` });
    expect(await bench.read(toRelay({}, true))).toMatchObject({ parts: [], error: { code: "provider_overloaded" } });
    bench.upstream.script({
      rawBody: `${before}${delta({ content: "x" }, "stop")}data: [DONE]\n\n`,
      chunkBorders: "event",
    });
    const { parts } = await bench.read(toRelay({}, true));
    expect(readRaw([parts[0]!])).toBe(before);
    expect(readRaw(parts)).toBe(`${before}${delta({ content: "x" }, "stop")}data: [DONE]\n\n`);
  });

  test("fails on an error event after content, without passing that event on", async () => {
    bench.upstream.script({ rawBody: `${delta({ content: "x" })}${event({ error: { code: 503 } })}` });
    const { parts, error } = await bench.read(toRelay({}, true));
    expect(error).toMatchObject({ code: "provider_overloaded" });
    expect(readRaw(parts)).toBe(delta({ content: "x" }));
  });

  test("passes nothing on after [DONE]", async () => {
    const rawBody = `${delta({ content: "x" }, "stop")}data: [DONE]\n\n`;
    bench.upstream.script({ rawBody: rawBody + delta({ content: "late" }), chunkBorders: [] });
    const { parts } = await bench.read(toRelay({}, true));
    expect(readRaw(parts)).toBe(rawBody);
  });

  test("completes a last event that lacks its blank line", async () => {
    bench.upstream.script({ rawBody: `${delta({ content: "x" }, "stop")}data: [DONE]` });
    const { parts } = await bench.read(toRelay({}, true));
    expect(readRaw(parts)).toBe(`${delta({ content: "x" }, "stop")}data: [DONE]\n\n`);
  });

  test.each([false, true])("reads the answer into parts where they are wanted (stream: %s)", async (stream) => {
    const answer = { text: "some words" };
    bench.upstream.script(answer, answer);
    const request = { ...toRelay({}, stream), wantsParts: true };
    const { parts } = await bench.read(request);
    expect(parts.map(({ type }) => type)).not.toContain("raw");
    expect(parts).toContainEqual(expect.objectContaining({ type: "finish", reason: "stop" }));
    expect(await bench.complete(request)).not.toHaveProperty("raw");
    expect(bench.upstream.ledger.requests[0]?.body).toMatchObject({ logit_bias: { 5: 1 } });
  });

  test("says that sound, images and other choices go on, though no part tells of them", async () => {
    const rawBody = [
      delta({ role: "assistant", content: "" }),
      delta({ audio: { data: "AA==" } }),
      delta({ content: "x" }),
      event({ choices: [{ index: 1, delta: { content: "y" } }] }),
      event({ choices: [{ index: 1, delta: {}, finish_reason: "stop" }] }),
      delta({}, "stop"),
      "data: [DONE]\n\n",
    ].join("");
    bench.upstream.script({ rawBody, chunkBorders: "event" });
    const { parts } = await bench.read(toRelay({}, true));
    const raws = parts.flatMap((part) => (part.type === "raw" ? [part] : []));
    expect(raws.map(({ says, isOpaque }) => [says.length, isOpaque === true])).toEqual([
      [0, true],
      [1, false],
      [0, true],
      [0, false],
      [0, false],
    ]);
    expect(readRaw(parts)).toBe(rawBody);
  });

  test("stays complete when the model says twice why it stopped", async () => {
    const rawBody = `${delta({ content: "x" })}${delta({}, "stop")}${delta({}, "stop")}data: [DONE]\n\n`;
    bench.upstream.script({ rawBody, chunkBorders: "event" });
    const { parts, error } = await bench.read(toRelay({}, true));
    expect(error).toBeUndefined();
    expect(readRaw(parts)).toBe(rawBody);
    expect(parts.filter(({ type }) => type === "finish")).toHaveLength(1);
  });

  test("cut in the middle of the answer fails as cut", async () => {
    bench.upstream.script({ text: "some words here", cutAfter: 3 });
    expect((await bench.read(toRelay({}, true))).error).toMatchObject({ code: "stream_cut" });
  });
});
