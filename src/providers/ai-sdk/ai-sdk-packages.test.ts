import { createDeepSeek } from "@ai-sdk/deepseek";
import { createGroq } from "@ai-sdk/groq";
import { createMistral } from "@ai-sdk/mistral";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "../../message.ts";
import { describeProvider } from "../../testing/provider-conformance.ts";
import { delta } from "../../testing/scripted-openai-chat.ts";
import { createScriptedProvider, type ScriptedProvider } from "../../testing/scripted-provider.ts";
import { openBench } from "./fake-model-fixture.ts";

// The AI SDK's own providers, in front of a server that speaks OpenAI's dialect over real sockets.
const packages: Readonly<Record<string, (baseURL: string) => (name: string) => unknown>> = {
  "openai-compatible": (baseURL) =>
    createOpenAICompatible({ name: "scripted", baseURL, apiKey: "k", includeUsage: true }),
  openai: (baseURL) => {
    const openai = createOpenAI({ baseURL, apiKey: "k" });
    return (model) => openai.chat(model);
  },
  groq: (baseURL) => createGroq({ baseURL, apiKey: "k" }),
  mistral: (baseURL) => createMistral({ baseURL, apiKey: "k" }),
  deepseek: (baseURL) => createDeepSeek({ baseURL, apiKey: "k" }),
};

// Their vendors report a stream's usage without being asked, and the scripted server does not.
const reportUnasked = new Set(["groq", "mistral"]);

for (const [name, create] of Object.entries(packages).filter(([each]) => !reportUnasked.has(each))) {
  describeProvider(`ai-sdk with ${name}`, async () => {
    const upstream = await createScriptedProvider();
    const { provider } = openBench({ languageModel: create(upstream.url) });
    return {
      provider,
      model: "scripted-model",
      answerWith: (text) => upstream.script({ text }),
      close: () => upstream.close(),
    };
  });
}

let upstream: ScriptedProvider;
beforeEach(async () => {
  upstream = await createScriptedProvider();
});
afterEach(() => upstream.close());

const look = {
  name: "look",
  description: "Looks",
  parameters: { type: "object", properties: { at: { type: "string" } } },
};

describe.each(Object.entries(packages))("the package %s", (name, create) => {
  test.each([false, true])("calls tools side by side and is told their results (stream: %s)", async (stream) => {
    const bench = openBench({ languageModel: create(upstream.url) });
    const ids = name === "mistral" ? ["aaaaaaaaa", "bbbbbbbbb"] : ["a", "b"];
    upstream.script({
      toolCalls: [
        { id: ids[0], name: "look", arguments: { at: "Zürich 👩‍🚀" } },
        { id: ids[1], name: "look", arguments: {} },
      ],
      usage: { inputTokens: 11, outputTokens: 7 },
    });
    const answer = await bench.complete({ tools: [look], stream });
    expect(answer).toMatchObject({
      text: "",
      toolCalls: [
        { id: ids[0], name: "look", arguments: '{"at":"Zürich 👩‍🚀"}' },
        { id: ids[1], name: "look", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "tool_calls",
    });
    const isReported = !stream || !reportUnasked.has(name);
    const { inputTokens, outputTokens } = answer.usage ?? {};
    expect([inputTokens, outputTokens]).toEqual(isReported ? [11, 7] : [undefined, undefined]);
    const messages: Message[] = [
      { role: "user", content: "Look" },
      { role: "assistant", content: "", toolCalls: answer.toolCalls },
      { role: "tool", toolCallId: ids[0], content: "a cat" },
      { role: "tool", toolCallId: ids[1], content: "nothing", isError: true },
    ];
    upstream.script({ text: "A cat." });
    expect(await bench.complete({ messages, tools: [look], stream })).toMatchObject({ text: "A cat." });
    const { body } = upstream.ledger.requests.at(-1)!;
    expect((body as { messages: unknown[] }).messages).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: ids[0], function: { name: "look" } }, { id: ids[1] }] },
      { role: "tool", tool_call_id: ids[0], content: "a cat" },
      { role: "tool", tool_call_id: ids[1], content: expect.stringContaining("nothing") as string },
    ]);
  });

  test.each([
    [401, "provider_auth"],
    [429, "provider_rate_limited"],
    [503, "provider_overloaded"],
    [400, "provider_rejected"],
  ] as const)("that answers %s fails with %s, once", async (status, code) => {
    const bench = openBench({ languageModel: create(upstream.url) });
    const failing = { status, headers: { "retry-after": "2" }, error: { message: "secret", type: "x", code: null } };
    upstream.script(failing, failing);
    const expected = { code, ...(status > 401 ? { retryAfterMs: 2000 } : {}) };
    await expect(bench.complete()).rejects.toMatchObject(expected);
    expect((await bench.read()).error).toMatchObject(expected);
    expect(upstream.ledger.requests).toHaveLength(2);
  });

  test("whose stream is cut says so", async () => {
    const bench = openBench({ languageModel: create(upstream.url) });
    upstream.script({ rawBody: delta({ content: "Well, " }) });
    expect(await bench.read()).toMatchObject({
      parts: [{ type: "text", text: "Well, " }],
      error: { code: "stream_cut" },
    });
  });

  test("whose connection breaks says so", async () => {
    const bench = openBench({ languageModel: create(upstream.url) });
    upstream.script({ text: "one two three four", cutAfter: 3 });
    const { parts, error } = await bench.read();
    expect(parts.length).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "stream_cut" });
  });

  test.each([false, true])("closes its connection when the call is cancelled (stream: %s)", async (stream) => {
    const bench = openBench({ languageModel: create(upstream.url) });
    upstream.script({ hang: true });
    const controller = new AbortController();
    const call = bench.generate({ stream }, { signal: controller.signal });
    await expect.poll(() => upstream.ledger.requests.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "request_cancelled" });
    await expect.poll(() => upstream.ledger.requests[0]?.closedByPeerAtMs).toBeDefined();
  });
});

test("warnings of a package are passed on", async () => {
  const bench = openBench({ languageModel: packages["openai-compatible"]!(upstream.url) });
  await bench.complete({ settings: { topK: 3 } });
  expect(bench.warnings).toEqual(["topK is not offered by scripted.chat and was dropped or changed."]);
});

test("a schema that a package leaves out is told in words", async () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const bench = openBench({ languageModel: packages["openai-compatible"]!(upstream.url) });
  upstream.script({ text: "{}" });
  await bench.complete({ output: { name: "answer", schema } });
  expect(upstream.ledger.requests[0]?.body).toMatchObject({
    messages: [{ role: "system", content: expect.stringContaining(JSON.stringify(schema)) as string }, {}],
    response_format: { type: "json_object" },
  });
});

test("a gone server is unavailable", async () => {
  const bench = openBench({ languageModel: packages["openai"]!("http://127.0.0.1:1/v1") });
  await expect(bench.complete()).rejects.toMatchObject({ code: "provider_unavailable" });
});

test("reasoning is shown", async () => {
  const bench = openBench({ languageModel: packages["openai-compatible"]!(upstream.url) });
  upstream.script({ reasoning: "Hm.", text: "x" }, { reasoning: "Hm.", text: "x" });
  const expected = { reasoning: "Hm.", text: "x", reasoningBlocks: [{ vendor: "other", text: "Hm." }] };
  expect(await bench.complete()).toMatchObject(expected);
  expect(await bench.complete({ stream: true })).toMatchObject(expected);
});
