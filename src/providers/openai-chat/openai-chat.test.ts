import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  delta,
  openScriptedOpenAiChat,
  toRequest,
  type ScriptedOpenAiChat,
} from "../../testing/scripted-openai-chat.ts";
import { describeProvider } from "../../testing/provider-conformance.ts";

let bench: ScriptedOpenAiChat;

beforeEach(async () => {
  bench = await openScriptedOpenAiChat();
});

afterEach(() => bench.close());

describeProvider("openai-chat", async () => {
  const scripted = await openScriptedOpenAiChat();
  return {
    provider: scripted.provider,
    model: "scripted-model",
    answerWith: (text) => scripted.upstream.script({ text }),
    close: () => scripted.close(),
  };
});

const streamed = toRequest({ stream: true });

describe("the request", () => {
  test("carries messages, images, tools, settings and the key in OpenAI's words", async () => {
    await bench.complete(
      toRequest({
        messages: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image", url: "data:image/png;base64,AA==" },
            ],
          },
          { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "look", arguments: "{}" }] },
          { role: "tool", content: "a cat", toolCallId: "c1" },
        ],
        settings: { temperature: 0, topP: 0.5, maxOutputTokens: 9, stop: ["END"], seed: 7 },
        tools: [{ name: "look", description: "Looks", parameters: { type: "object" } }],
      }),
    );
    const [seen] = bench.upstream.ledger.requests;
    expect(seen?.path).toBe("/v1/chat/completions");
    expect(seen?.headers["authorization"]).toBe("Bearer sk-test");
    expect(seen?.body).toEqual({
      model: "m-1",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
          ],
        },
        {
          role: "assistant",
          content: "",
          tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
        },
        { role: "tool", content: "a cat", tool_call_id: "c1" },
      ],
      temperature: 0,
      top_p: 0.5,
      max_tokens: 9,
      stop: ["END"],
      seed: 7,
      tools: [{ type: "function", function: { name: "look", description: "Looks", parameters: { type: "object" } } }],
    });
  });

  test("asks for usage when it streams", async () => {
    await bench.complete(streamed);
    expect(bench.upstream.ledger.requests[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("uses the schema mode, strict where the schema allows it", async () => {
    const closed = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const open = { type: "object", properties: { a: { type: "string" } } };
    await bench.complete(toRequest({ output: { name: "answer", schema: closed } }));
    await bench.complete(toRequest({ output: { name: "answer", schema: open } }));
    expect(
      bench.upstream.ledger.requests.map(({ body }) => (body as Record<string, unknown>)["response_format"]),
    ).toEqual([
      { type: "json_schema", json_schema: { name: "answer", schema: closed, strict: true } },
      { type: "json_schema", json_schema: { name: "answer", schema: open, strict: false } },
    ]);
  });

  test("without schema mode puts the schema into the system message", async () => {
    const provider = bench.createProvider({ hasSchemaMode: false });
    const context = { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn: () => {} };
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const output = { name: "answer", schema };
    await provider.generate(toRequest({ output }), context);
    await provider.generate(
      toRequest({
        output,
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hi" },
        ],
      }),
      context,
    );
    const bodies = bench.upstream.ledger.requests.map(
      ({ body }) => body as { messages: unknown[]; response_format: unknown },
    );
    expect(bodies.map(({ response_format: format }) => format)).toEqual([
      { type: "json_object" },
      { type: "json_object" },
    ]);
    expect(bodies[0]?.messages).toHaveLength(2);
    for (const { messages } of bodies) {
      expect(messages[0]).toMatchObject({
        role: "system",
        content: expect.stringContaining(JSON.stringify(schema)) as string,
      });
    }
    expect(bodies[1]?.messages[0]).toMatchObject({ content: expect.stringMatching(/^Be brief\./) as string });
  });
});

describe("the answer", () => {
  test.each([false, true])("has tool calls, reasoning and exact usage (stream: %s)", async (stream) => {
    bench.upstream.script({
      reasoning: "Let me look.",
      toolCalls: [
        { id: "a", name: "look", arguments: { at: "Zürich 👩‍🚀" } },
        { id: "b", name: "look", arguments: {} },
      ],
      usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 5, reasoningTokens: 3 },
    });
    expect(await bench.complete(toRequest({ stream }))).toEqual({
      text: "",
      reasoning: "Let me look.",
      reasoningBlocks: [{ vendor: "other", text: "Let me look." }],
      toolCalls: [
        { id: "a", name: "look", arguments: '{"at":"Zürich 👩‍🚀"}' },
        { id: "b", name: "look", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "tool_calls",
      usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 5, reasoningTokens: 3 },
    });
  });

  test.each([false, true])("has no usage where none was reported (stream: %s)", async (stream) => {
    bench.upstream.script({ text: "x", usage: null });
    expect(await bench.complete(toRequest({ stream }))).toEqual({
      text: "x",
      toolCalls: [],
      finishReason: "stop",
      rawFinishReason: "stop",
    });
  });

  test.each(["length", "content_filter"])("keeps the finish reason %s", async (finishReason) => {
    bench.upstream.script({ text: "x", finishReason });
    expect(await bench.complete(toRequest())).toMatchObject({ finishReason });
  });

  test("that is a refusal ends as filtered, with its words", async () => {
    const message = { role: "assistant", content: null, refusal: "I cannot." };
    bench.upstream.script({ rawBody: JSON.stringify({ choices: [{ message, finish_reason: "stop" }] }) });
    const refused = { text: "I cannot.", isRefusal: true, finishReason: "content_filter" };
    expect(await bench.complete(toRequest())).toMatchObject(refused);
    bench.upstream.script({
      rawBody: `${delta({ refusal: "I " })}${delta({ refusal: "cannot." })}${delta({}, "stop")}data: [DONE]\n\n`,
    });
    expect(await bench.complete(streamed)).toMatchObject(refused);
  });

  test("counts reasoning that a vendor reports beside its completion", async () => {
    const usage = {
      prompt_tokens: 32,
      completion_tokens: 40,
      total_tokens: 696,
      completion_tokens_details: { reasoning_tokens: 624 },
    };
    bench.upstream.script({
      rawBody: JSON.stringify({ choices: [{ message: { content: "x" }, finish_reason: "stop" }], usage }),
    });
    expect((await bench.complete(toRequest())).usage).toEqual({
      inputTokens: 32,
      outputTokens: 664,
      reasoningTokens: 624,
    });
  });

  test.each([
    ["negative", { prompt_tokens: -1, completion_tokens: 5 }],
    ["text", { prompt_tokens: "5", completion_tokens: 5 }],
    ["missing", { prompt_tokens: 5 }],
    ["fractional", { prompt_tokens: 5, completion_tokens: 0.5 }],
  ])("leaves usage open when a count is %s", async (_what, usage) => {
    bench.upstream.script({
      rawBody: JSON.stringify({ choices: [{ message: { content: "x" }, finish_reason: "stop" }], usage }),
    });
    expect((await bench.complete(toRequest())).usage).toBeUndefined();
  });

  test("of a server that cannot stream comes whole", async () => {
    const body = { choices: [{ message: { content: "whole" }, finish_reason: "stop" }] };
    bench.upstream.script({
      rawBody: JSON.stringify(body),
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    expect((await bench.generate(streamed)).whole).toMatchObject({ text: "whole" });
  });
});
