import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import type { ModelRequest } from "../provider.ts";
import { block, event, messageEnd, messageStart, textBlock } from "./anthropic-server-fixture.ts";
import { openScriptedAnthropic, toRequest, type ScriptedAnthropic } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

const own = {
  model: "fast",
  max_tokens: 5,
  messages: [{ role: "user", content: "Hi" }],
  betas_of_tomorrow: { x: [1] },
};

function toRelay(stream: boolean, headers?: Record<string, string>): ModelRequest {
  const foreign = { dialect: "anthropic-messages", body: { ...own, stream }, headers } as const;
  return toRequest({ stream, foreign });
}

function readRaw(parts: readonly Part[]): string {
  return Buffer.concat(parts.flatMap((part) => (part.type === "raw" ? [part.bytes] : []))).toString();
}

describe("a relay", () => {
  test.each([false, true])("forwards the client's body with the model replaced (stream: %s)", async (stream) => {
    await bench.complete(toRelay(stream));
    const { path, body } = bench.server.requests.at(-1)!;
    expect(path).toBe("/v1/messages");
    expect(body).toEqual({ ...own, stream, model: "claude-sonnet-4-5" });
  });

  test("returns a whole answer's bytes untouched, and what they say", async () => {
    const body = `{ "type":"message", "content": [ {"type":"text","text":"x","future":1.0} ],\n "stop_reason":"end_turn", "usage": {"input_tokens":1,"output_tokens":2} }`;
    bench.server.script({ body });
    const answer = await bench.complete(toRelay(false));
    expect(Buffer.from(answer.raw!).toString()).toBe(body);
    expect(answer).toMatchObject({ text: "x", finishReason: "stop", usage: { inputTokens: 1, outputTokens: 2 } });
  });

  test.each([1, 7, 100, 10_000])("passes a stream's bytes as they came, cut after %s bytes", async (pieceBytes) => {
    const last = messageEnd("end_turn", { output_tokens: 2 });
    const body = [
      ": warm\n\n",
      messageStart({ input_tokens: 1, output_tokens: 1 }),
      event("ping"),
      textBlock('says "type":"message_delta" and "type": "error" and "usage": {}').replaceAll("\n", "\r\n"),
      block(1, { type: "future_block", "x:y": "漢字" }, { type: "future_delta" }),
      last,
    ].join("");
    bench.server.script({ body, pieceBytes });
    const { parts, error } = await bench.read(toRelay(true));
    expect(error).toBeUndefined();
    expect(readRaw(parts)).toBe(body);
    // Nothing that shows the client the answer's end comes before finish, which the record waits for.
    expect(parts.slice(-3)).toEqual([
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
      { type: "finish", reason: "stop", rawReason: "end_turn" },
      { type: "raw", bytes: Buffer.from(last), says: [] },
    ]);
  });

  test.each([
    ["names of events", /^event: .*\n/gm],
    ["types beside the names", /"type":"(?:message|content_block)_\w+",?/g],
  ])("reads a stream without %s", async (_what, left) => {
    const all = messageStart({ input_tokens: 1 }) + textBlock("x") + messageEnd("max_tokens", { output_tokens: 2 });
    const body = all.replaceAll(left, "");
    bench.server.script({ body });
    const { parts } = await bench.read(toRelay(true));
    expect(readRaw(parts)).toBe(body);
    expect(parts).toContainEqual({ type: "usage", usage: { inputTokens: 1, outputTokens: 2 } });
    expect(parts).toContainEqual({ type: "finish", reason: "length", rawReason: "max_tokens" });
  });

  test("ends with an error that comes midway, however it is marked", async () => {
    for (const [failure, code] of [
      [event("error", { error: { type: "overloaded_error" } }), "provider_overloaded"],
      ['data: {"type":"error"}\n\n', "provider_unavailable"],
      ['data: {"error":{}}\n\n', "provider_unavailable"],
      ["event: error\ndata: {}\n\n", "provider_unavailable"],
    ] as const) {
      bench.server.script({ body: messageStart({ input_tokens: 1 }) + textBlock("x") + failure });
      const { error } = await bench.read(toRelay(true));
      expect(error).toMatchObject({ code });
    }
  });

  test("passes nothing on before the model's first word, so that an error until then stays whole", async () => {
    const failure = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
    const start = event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
    bench.server.script({ body: messageStart({ input_tokens: 1 }) + event("ping") + start + failure });
    const { parts, error } = await bench.read(toRelay(true));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ code: "provider_overloaded" });
  });

  test("does not hold back the work of the vendor's own tools until the first word", async () => {
    const search = block(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} });
    const failure = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
    bench.server.script({ body: messageStart({ input_tokens: 1 }) + search + failure });
    const { parts, error } = await bench.read(toRelay(true));
    expect(readRaw(parts)).toContain("web_search");
    expect(error).toMatchObject({ code: "provider_overloaded" });
  });

  test("of a stream that is cut says so after the bytes that came", async () => {
    const body = messageStart({ input_tokens: 1 }) + textBlock("Half");
    bench.server.script({ body });
    const { parts, error } = await bench.read(toRelay(true));
    expect(readRaw(parts)).toBe(body);
    expect(error).toMatchObject({ code: "stream_cut" });
  });
});

describe("headers", () => {
  test("carry the key, the version, and what the config and the client ask for", async () => {
    const provider = bench.createProvider({ headers: { "Anthropic-Beta": "a-1, b-2", "x-team": "red" } });
    await bench.complete(toRelay(false, { "anthropic-beta": "b-2,c-3", "anthropic-version": "2024-01-01" }), provider);
    await bench.complete(toRelay(false), provider);
    await bench.complete(toRequest());
    const seen = bench.server.requests.slice(-3).map(({ headers }) => headers);
    expect(seen[0]).toMatchObject({
      "x-api-key": "key",
      "anthropic-version": "2024-01-01",
      "anthropic-beta": "a-1,b-2,c-3",
      "x-team": "red",
    });
    expect(seen[1]).toMatchObject({ "anthropic-version": "2023-06-01", "anthropic-beta": "a-1,b-2" });
    expect(seen[2]).not.toHaveProperty("anthropic-beta");
  });

  test("have no key where there is none", async () => {
    await bench.complete(toRequest(), bench.createProvider({ apiKey: undefined }));
    expect(bench.server.requests.at(-1)!.headers).not.toHaveProperty("x-api-key");
  });

  test.each(["/", "/v1", "/v1/", ""])("and the path is right for a base URL that ends in %o", async (end) => {
    await bench.complete(toRequest(), bench.createProvider({ baseUrl: `${bench.server.url}/proxy${end}?tenant=1` }));
    expect(bench.server.requests.at(-1)!.path).toBe("/proxy/v1/messages?tenant=1");
  });
});

describe("a count of tokens", () => {
  test("asks with what the model would read, and without how it would answer", async () => {
    bench.server.script({ body: { input_tokens: 641 } });
    const tools = [{ name: "f", parameters: { type: "object" } }];
    const settings = {
      temperature: 0.5,
      seed: 1,
      stop: ["x"],
      toolChoice: "auto",
      user: "u",
      serviceTier: "auto",
    } as const;
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ] as const;
    expect(await bench.count(toRequest({ messages, tools, settings, stream: true }))).toBe(641);
    const { path, body } = bench.server.requests.at(-1)!;
    expect(path).toBe("/v1/messages/count_tokens");
    expect(body).toEqual({
      model: "claude-sonnet-4-5",
      system: [{ type: "text", text: "Be brief." }],
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      tools: [{ name: "f", input_schema: { type: "object" } }],
      tool_choice: { type: "auto" },
    });
  });

  test("forwards a client's own body and headers", async () => {
    bench.server.script({ body: { input_tokens: 3 } });
    expect(await bench.count(toRelay(false, { "anthropic-beta": "c-3" }))).toBe(3);
    const { headers, body } = bench.server.requests.at(-1)!;
    const { model: _model, max_tokens: _limit, ...kept } = own;
    expect(body).toEqual({ ...kept, model: "claude-sonnet-4-5" });
    expect(headers).toMatchObject({ "anthropic-beta": "c-3" });
  });

  test.each([
    [{ status: 404, body: { error: { type: "not_found_error" } } }, "provider_model_unknown"],
    [{ body: { error: { type: "overloaded_error" } } }, "provider_overloaded"],
    [{ body: { input_tokens: "3" } }, "provider_protocol"],
    [{ body: {} }, "provider_protocol"],
    [{ body: "nope" }, "provider_protocol"],
  ])("of %o fails with %s", async (answer, code) => {
    bench.server.script(answer);
    await expect(bench.count(toRequest())).rejects.toMatchObject({ code });
  });
});
