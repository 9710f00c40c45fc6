import { describe, expect, test } from "vitest";
import type { ReasoningBlock } from "../../message.ts";
import type { Completion, Usage } from "../../reply.ts";
import {
  openFakeModel,
  toFakeReason,
  toFinishPart,
  toResult,
  toStream,
  type FakeBench,
  type FakeModel,
} from "./fake-model-fixture.ts";

const versions = ["v2", "v3", "v4"] as const;
const usage = { inputTokens: 10, outputTokens: 20 };

/** One answer, whole and as it is streamed, and what both say. */
interface Case {
  readonly content: readonly unknown[];
  readonly parts: readonly unknown[];
  readonly reason?: string;
  readonly expected: Partial<Completion>;
}

const call = (toolCallId: string, input: string, more = {}) => ({
  type: "tool-call",
  toolCallId,
  toolName: "look",
  input,
  ...more,
});
const sealed = (fields: unknown) => ({ providerMetadata: { anthropic: fields } });

const cases: Readonly<Record<string, Case>> = {
  text: {
    content: [{ type: "text", text: "Grüße 👩‍🚀" }],
    parts: [
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "Grüße " },
      { type: "text-delta", id: "0", delta: "👩‍🚀" },
      { type: "text-end", id: "0" },
    ],
    expected: { text: "Grüße 👩‍🚀", toolCalls: [], finishReason: "stop" },
  },
  "reasoning with its seal": {
    content: [
      { type: "reasoning", text: "Let me see.", ...sealed({ signature: "s" }) },
      { type: "text", text: "4" },
    ],
    parts: [
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "Let me " },
      { type: "reasoning-delta", id: "r", delta: "see." },
      { type: "reasoning-delta", id: "r", delta: "", ...sealed({ signature: "s" }) },
      { type: "reasoning-end", id: "r" },
      { type: "text-delta", id: "0", delta: "4" },
    ],
    expected: {
      text: "4",
      reasoning: "Let me see.",
      reasoningBlocks: [{ vendor: "anthropic", text: "Let me see.", signature: "s" }],
    },
  },
  "tool calls, streamed in pieces, at once, and both": {
    content: [
      call("a", '{"at":1}'),
      call("b", "{}"),
      call("c", '{"x":2}', { providerMetadata: { google: { thoughtSignature: "t" } } }),
      call("s", "{}", { providerExecuted: true }),
      { type: "tool-result", toolCallId: "s", toolName: "look", result: {} },
    ],
    parts: [
      { type: "tool-input-start", id: "a", toolName: "look" },
      { type: "tool-input-delta", id: "a", delta: '{"at"' },
      { type: "tool-input-delta", id: "a", delta: ":1}" },
      { type: "tool-input-end", id: "a" },
      call("a", '{"at":1}'),
      call("b", "{}"),
      { type: "tool-input-start", id: "c", toolName: "look" },
      { type: "tool-input-end", id: "c" },
      call("c", '{"x":2}', { providerMetadata: { google: { thoughtSignature: "t" } } }),
      { type: "tool-input-start", id: "s", toolName: "look", providerExecuted: true },
      { type: "tool-input-delta", id: "s", delta: "{}" },
      call("s", "{}", { providerExecuted: true }),
    ],
    reason: "tool-calls",
    expected: {
      text: "",
      toolCalls: [
        { id: "a", name: "look", arguments: '{"at":1}' },
        { id: "b", name: "look", arguments: "{}" },
        { id: "c", name: "look", arguments: '{"x":2}', signature: "t" },
      ],
      finishReason: "tool_calls",
    },
  },
  "input that is no JSON until it is whole": {
    content: [call("a", '"select 1"')],
    parts: [
      { type: "tool-input-start", id: "a", toolName: "look", inputEncoding: "text" },
      { type: "tool-input-delta", id: "a", delta: "select 1" },
      call("a", '"select 1"'),
    ],
    reason: "tool-calls",
    expected: { toolCalls: [{ id: "a", name: "look", arguments: '"select 1"' }] },
  },
  sources: {
    content: [
      { type: "text", text: "x" },
      { type: "source", sourceType: "url", id: "1", url: "https://a.example", title: "A" },
      { type: "source", sourceType: "document", id: "2", mediaType: "application/pdf", title: "B" },
    ],
    parts: [
      { type: "text-delta", id: "0", delta: "x" },
      { type: "source", sourceType: "url", id: "1", url: "https://a.example", title: "A" },
      { type: "source", sourceType: "document", id: "2", mediaType: "application/pdf", title: "B" },
    ],
    expected: { text: "x", sources: [{ url: "https://a.example", title: "A" }] },
  },
  "parts that nobody knows": {
    content: [null, { type: "custom", kind: "x.y" }, { type: "new" }, { type: "text", text: "x" }],
    parts: [
      5,
      { type: "response-metadata", id: "1" },
      { type: "ping" },
      { type: "raw", rawValue: {} },
      { type: "new" },
      { type: "text-delta", id: "0", delta: "x" },
    ],
    expected: { text: "x", toolCalls: [] },
  },
};

const table = versions.flatMap((version) =>
  Object.entries(cases).map(([name, answer]) => [version, name, answer] as const),
);

test.each(table)("in %s an answer with %s says the same whole and streamed", async (version, _name, answer) => {
  const { content, parts, reason = "stop", expected } = answer;
  const bench = openFakeModel({
    version,
    generate: () => toResult(version, content, { finishReason: toFakeReason(version, reason, "end_turn") }),
    stream: () => ({
      stream: toStream([{ type: "stream-start", warnings: [] }, ...parts, toFinishPart(version, reason)]),
    }),
  });
  const whole = await bench.complete();
  expect(whole).toMatchObject({ ...expected, usage });
  expect(whole.rawFinishReason).toBe(version === "v2" ? undefined : "end_turn");
  const { parts: streamed } = await bench.read();
  expect(streamed.slice(-2).map(({ type }) => type)).toEqual(["usage", "finish"]);
  expect(await bench.complete({ stream: true })).toEqual(whole);
});

test.each([
  ["v2", "stop", undefined, "stop"],
  ["v2", "length", undefined, "length"],
  ["v2", "content-filter", undefined, "content_filter"],
  ["v2", "error", undefined, "other"],
  ["v2", "unknown", undefined, "other"],
  ["v3", "tool-calls", "tool_use", "tool_calls"],
  ["v3", "other", "pause", "other"],
  ["v4", "content-filter", "refusal", "content_filter"],
  ["v4", "new", "new", "other"],
] as const)("in %s the finish %s (%s) is %s", async (version, unified, raw, finishReason) => {
  const bench = openFakeModel({
    version,
    generate: () => toResult(version, [], { finishReason: toFakeReason(version, unified, raw) }),
  });
  const answer = await bench.complete();
  expect(answer.finishReason).toBe(finishReason);
  expect(answer.rawFinishReason).toBe(raw);
});

test("a model that stopped with calls of tools has stopped for them, whatever it says", async () => {
  const bench = openFakeModel({ generate: () => toResult("v4", [call("a", "{}")]) });
  expect(await bench.complete()).toMatchObject({ finishReason: "tool_calls" });
});

test("citations of a text are sources", async () => {
  const source = { type: "source", sourceType: "url", id: "1", url: "https://a.example" };
  const parts = [
    { type: "text-delta", id: "0", delta: "x" },
    { type: "text-end", id: "0", citations: [{ source }, 5] },
  ];
  const bench = openFakeModel({ stream: () => ({ stream: toStream([...parts, toFinishPart("v4")]) }) });
  expect((await bench.read()).parts).toContainEqual({ type: "source", source: { url: "https://a.example" } });
});

test("the text that a model chose for a schema is the answer", async () => {
  const content = [
    { type: "text", text: "draft" },
    { type: "text", text: "{}" },
  ];
  const bench = openFakeModel({ generate: () => toResult("v4", content, { structuredOutputText: "{}" }) });
  const output = { name: "answer", schema: { type: "object" } };
  expect(await bench.complete({ output })).toMatchObject({ text: "{}" });
  expect(await bench.complete()).toMatchObject({ text: "draft{}" });
});

describe("usage", () => {
  const nested = (input: unknown, output: unknown) => ({ inputTokens: input, outputTokens: output });
  const shapes: readonly (readonly [string, FakeModel, Record<string, unknown>, Usage | undefined])[] = [
    [
      "v4 with all its parts",
      { version: "v4" },
      {
        usage: nested(
          { total: 100, noCache: 10, cacheRead: 60, cacheWrite: 30 },
          { total: 20, text: 5, reasoning: 15 },
        ),
      },
      { inputTokens: 100, outputTokens: 20, cachedInputTokens: 60, cacheWriteTokens: 30, reasoningTokens: 15 },
    ],
    [
      "v3 with totals only",
      { version: "v3" },
      { usage: nested({ total: 1 }, { total: 2 }) },
      { inputTokens: 1, outputTokens: 2 },
    ],
    [
      "v4 with zeros",
      {},
      { usage: nested({ total: 0, cacheRead: 0 }, { total: 0 }) },
      { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
    ],
    ["v4 without output", {}, { usage: nested({ total: 1 }, { total: undefined }) }, undefined],
    ["v4 with NaN", {}, { usage: nested({ total: NaN }, { total: 1 }) }, undefined],
    ["none", {}, { usage: undefined }, undefined],
    [
      "v2 of OpenAI, cache and reasoning within",
      { version: "v2", provider: "openai.chat" },
      { usage: { inputTokens: 10, outputTokens: 20, totalTokens: 30, cachedInputTokens: 4, reasoningTokens: 15 } },
      { inputTokens: 10, outputTokens: 20, cachedInputTokens: 4, reasoningTokens: 15 },
    ],
    [
      "v2 of Google, reasoning beside the output",
      { version: "v2", provider: "google.generative-ai" },
      { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 30, reasoningTokens: 15 } },
      { inputTokens: 10, outputTokens: 20, reasoningTokens: 15 },
    ],
    [
      "v2 of Anthropic, the cache beside the input",
      { version: "v2", provider: "anthropic.messages" },
      {
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cachedInputTokens: 60 },
        providerMetadata: { anthropic: { cacheCreationInputTokens: 30 } },
      },
      { inputTokens: 100, outputTokens: 5, cachedInputTokens: 60, cacheWriteTokens: 30 },
    ],
    [
      "v2 of Bedrock",
      { version: "v2", provider: "amazon-bedrock" },
      {
        usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
        providerMetadata: { bedrock: { usage: { cacheWriteInputTokens: 30 } } },
      },
      { inputTokens: 40, outputTokens: 5, cacheWriteTokens: 30 },
    ],
    ["v2 without input", { version: "v2" }, { usage: { outputTokens: 5 } }, undefined],
    [
      "the tier that served it",
      {},
      { usage: nested({ total: 1 }, { total: 2 }), providerMetadata: { openai: { serviceTier: "flex" } } },
      { inputTokens: 1, outputTokens: 2, serviceTier: "flex" },
    ],
  ];
  test.each(shapes)("of %s is exact", async (_name, fake, more, expected) => {
    const version = fake.version ?? "v4";
    const finish = { type: "finish", finishReason: toFakeReason(version, "stop", "x"), ...more };
    const bench = openFakeModel({
      ...fake,
      generate: () => toResult(version, [], more),
      stream: () => ({ stream: toStream([finish]) }),
    });
    expect((await bench.complete()).usage).toEqual(expected);
    expect((await bench.complete({ stream: true })).usage).toEqual(expected);
  });
});

describe("reasoning", () => {
  const read = async (providerMetadata: unknown, text = "Hm."): Promise<readonly ReasoningBlock[] | undefined> => {
    const bench = openFakeModel({ generate: () => toResult("v4", [{ type: "reasoning", text, providerMetadata }]) });
    return (await bench.complete()).reasoningBlocks;
  };
  const write = async (block: ReasoningBlock): Promise<unknown> => {
    const bench = openFakeModel({});
    await bench.complete({ messages: [{ role: "assistant", content: "x", reasoning: [block] }] });
    const [{ content }] = bench.calls[0]!["prompt"] as [{ content: [{ providerOptions?: unknown }] }];
    return content[0].providerOptions;
  };

  test.each([
    [{ anthropic: { signature: "s" } }, { vendor: "anthropic", text: "Hm.", signature: "s" }],
    [{ anthropic: { redactedData: "r" } }, { vendor: "anthropic", text: "Hm.", encrypted: "r" }],
    [
      { openai: { itemId: "rs_1", reasoningEncryptedContent: "e" } },
      { vendor: "openai", text: "Hm.", id: "rs_1", encrypted: "e" },
    ],
    [{ openai: { itemId: "rs_1", reasoningEncryptedContent: null } }, { vendor: "openai", text: "Hm.", id: "rs_1" }],
    [
      { bedrock: { signature: "s" }, amazonBedrock: { signature: "s" } },
      { vendor: "other", text: "Hm." },
    ],
    [{ cohere: { anything: [1, { b: null }] } }, { vendor: "other", text: "Hm." }],
  ])("sealed by %o is handed back as it came", async (metadata, expected) => {
    const [block] = (await read(metadata))!;
    expect(block).toMatchObject(expected);
    expect(await write(block!)).toEqual(metadata);
  });

  test("of Gemini is handed back to both of its providers", async () => {
    const [block] = (await read({ google: { thoughtSignature: "t" } }))!;
    expect(block).toEqual({ vendor: "google", text: "Hm.", signature: "t" });
    expect(await write(block!)).toEqual({ google: { thoughtSignature: "t" }, vertex: { thoughtSignature: "t" } });
  });

  test("without a seal is shown, and handed back as text", async () => {
    expect(await read(undefined)).toEqual([{ vendor: "other", text: "Hm." }]);
    expect(await read({ fake: {} })).toEqual([{ vendor: "other", text: "Hm." }]);
    expect(await read(undefined, "")).toBeUndefined();
    expect(await write({ vendor: "other", text: "Hm." })).toBeUndefined();
    expect(await write({ vendor: "other", text: "Hm.", encrypted: "not ours" })).toBeUndefined();
  });
});

describe("warnings of the model", () => {
  const warnings = [
    { type: "unsupported", feature: "stopSequences", details: "secret" },
    { type: "unsupported-setting", setting: "seed" },
    { type: "unsupported-tool", tool: { type: "provider-defined", name: "search" } },
    { type: "compatibility", feature: "responseFormat" },
    { type: "deprecated", setting: "topK", message: "secret" },
    { type: "other", message: "Skipped the part: secret" },
    { type: "unsupported", feature: 'part {"text":"secret"}' },
    5,
  ];
  const expected = [
    "stop is not offered by fake.chat and was dropped or changed.",
    "seed is not offered by fake.chat and was dropped or changed.",
    "the tool search is not offered by fake.chat and was dropped or changed.",
    "output is only imitated by fake.chat.",
    "topK is deprecated by fake.chat.",
    "fake.chat has a remark on this request.",
    "a feature is not offered by fake.chat and was dropped or changed.",
  ];

  test("are passed on by what they name, never by free text", async () => {
    const bench = openFakeModel({ generate: () => toResult("v4", [], { warnings }) });
    await bench.complete();
    expect(bench.warnings).toEqual(expected);
  });

  test("of a stream are there before its first word", async () => {
    const parts = [{ type: "stream-start", warnings }, { type: "text-delta", id: "0", delta: "x" }, toFinishPart("v4")];
    const bench: FakeBench = openFakeModel({ stream: () => ({ stream: toStream(parts) }) });
    await bench.generate({ stream: true });
    expect(bench.warnings).toEqual(expected);
  });

  test("tell of a file in the answer", async () => {
    const bench = openFakeModel({
      generate: () => toResult("v4", [{ type: "file", mediaType: "image/png", data: "" }]),
    });
    await bench.complete();
    expect(bench.warnings).toEqual(["The answer holds a file, which is not passed on."]);
  });
});
