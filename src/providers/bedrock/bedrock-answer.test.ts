import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Completion } from "../../reply.ts";
import { toDelta, toEvent, toStart, toStop, toStream } from "./aws-frames-fixture.ts";
import { openScriptedBedrock, toWhole, type ScriptedBedrock } from "./scripted-bedrock-fixture.ts";

let bench: ScriptedBedrock;
beforeAll(async () => {
  bench = await openScriptedBedrock();
});
afterAll(() => bench.close());

const usage = { inputTokens: 3, outputTokens: 4 };
const toText = (text: string) => ({ text });
const toReasoning = (reasoningContent: unknown) => ({ reasoningContent });
const toInput = (input: string) => ({ toolUse: { input } });
const toUse = (toolUseId: string, name: string, more = {}) => ({ toolUse: { toolUseId, name, ...more } });

/** One answer, whole and as it is streamed, and what both say. */
interface Case {
  readonly content: readonly unknown[];
  readonly frames: readonly Buffer[];
  readonly stopReason?: string;
  readonly expected: Partial<Completion>;
}

const cases: Readonly<Record<string, Case>> = {
  text: {
    content: [{ text: "Grüße 漢字 👩‍🚀" }],
    frames: [toDelta(0, toText("Grüße 漢")), toDelta(0, toText("字 👩‍🚀")), toStop(0)],
    expected: { text: "Grüße 漢字 👩‍🚀", toolCalls: [], finishReason: "stop", rawFinishReason: "end_turn" },
  },
  "text in two blocks": {
    content: [{ text: "One. " }, { text: "Two." }],
    frames: [toDelta(0, toText("One. ")), toStop(0), toDelta(1, toText("Two.")), toStop(1)],
    expected: { text: "One. Two." },
  },
  "reasoning with its seal": {
    content: [toReasoning({ reasoningText: { text: "Let me see.", signature: "seal" } }), { text: "Four." }],
    frames: [
      toDelta(0, toReasoning(toText("Let me "))),
      toDelta(0, toReasoning(toText("see."))),
      toDelta(0, toReasoning({ signature: "seal" })),
      toStop(0),
      toDelta(1, toText("Four.")),
      toStop(1),
    ],
    expected: {
      text: "Four.",
      reasoning: "Let me see.",
      reasoningBlocks: [{ vendor: "anthropic", text: "Let me see.", signature: "seal" }],
    },
  },
  "reasoning that only the vendor can read": {
    content: [toReasoning({ redactedContent: "b64==" }), { text: "Four." }],
    frames: [
      toDelta(0, toReasoning({ redactedContent: "b64" })),
      toDelta(0, toReasoning({ redactedContent: "==" })),
      toStop(0),
      toDelta(1, toText("Four.")),
    ],
    expected: { text: "Four.", reasoningBlocks: [{ vendor: "anthropic", text: "", encrypted: "b64==" }] },
  },
  "tool calls side by side, after text": {
    content: [
      { text: "I look." },
      toUse("a", "look", { input: { at: "Zürich" } }),
      toUse("b", "say", { input: {}, type: "tool_use" }),
    ],
    stopReason: "tool_use",
    frames: [
      toDelta(0, toText("I look.")),
      toStop(0),
      toStart(1, toUse("a", "look")),
      toDelta(1, toInput('{"at":')),
      toStart(2, toUse("b", "say")),
      toDelta(2, toInput("{}")),
      toDelta(1, toInput('"Zürich"}')),
      toStop(1),
      toStop(2),
    ],
    expected: {
      text: "I look.",
      toolCalls: [
        { id: "a", name: "look", arguments: '{"at":"Zürich"}' },
        { id: "b", name: "say", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "tool_use",
    },
  },
  "a call without arguments, of which nothing is streamed": {
    content: [toUse("a", "look", { input: {} }), toUse("b", "look")],
    frames: [
      toStart(0, toUse("a", "look")),
      toStop(0),
      toStart(1, toUse("b", "look")),
      toDelta(1, toInput("")),
      toStop(1),
    ],
    stopReason: "tool_use",
    expected: {
      toolCalls: [
        { id: "a", name: "look", arguments: "{}" },
        { id: "b", name: "look", arguments: "{}" },
      ],
    },
  },
  "a tool that Bedrock runs itself": {
    content: [
      toUse("s", "nova_code_interpreter", { input: { snippet: "1" }, type: "server_tool_use" }),
      { toolResult: { toolUseId: "s", content: [{ json: {} }], type: "nova_code_interpreter_result" } },
      { text: "One." },
    ],
    frames: [
      toStart(0, toUse("s", "nova_code_interpreter", { type: "server_tool_use" })),
      toDelta(0, toInput('{"snippet":"1"}')),
      toStop(0),
      toStart(1, { toolResult: { toolUseId: "s", status: "success" } }),
      toDelta(1, { toolResult: [{ json: {} }] }),
      toStop(1),
      toDelta(2, toText("One.")),
      toStop(2),
    ],
    expected: { text: "One.", toolCalls: [], finishReason: "stop" },
  },
  "citations of web pages": {
    content: [
      { text: "Well: " },
      {
        citationsContent: {
          content: [{ text: "It is " }, { text: "so." }],
          citations: [
            { title: "A page", location: { web: { url: "https://a.example/x", domain: "a.example" } } },
            { title: "A paper", location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } },
            { source: "https://b.example", location: { searchResultLocation: { searchResultIndex: 0 } } },
          ],
        },
      },
    ],
    frames: [
      toDelta(0, toText("Well: ")),
      toStop(0),
      toDelta(1, toText("It is ")),
      toDelta(1, { citation: { title: "A page", location: { web: { url: "https://a.example/x" } } } }),
      toDelta(1, { citation: { title: "A paper", location: { documentPage: { documentIndex: 0 } } } }),
      toDelta(1, toText("so.")),
      toDelta(1, { citation: { source: "https://b.example" } }),
      toStop(1),
    ],
    expected: {
      text: "Well: It is so.",
      sources: [
        { url: "https://a.example/x", title: "A page", startIndex: 6, endIndex: 15 },
        { url: "https://b.example", startIndex: 6, endIndex: 15 },
      ],
    },
  },
  nothing: { content: [], frames: [], expected: { text: "", toolCalls: [], finishReason: "stop" } },
};

test.each(Object.entries(cases))("an answer with %s says the same whole and streamed", async (_name, answer) => {
  const { content, frames, stopReason, expected } = answer;
  bench.script({ body: toWhole(content, stopReason) }, { body: toStream(frames, stopReason), pieceBytes: 7 });
  const whole = await bench.complete();
  expect(whole).toMatchObject({ ...expected, usage });
  expect(await bench.complete({ stream: true })).toEqual(whole);
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["guardrail_intervened", "content_filter"],
  ["content_filtered", "content_filter"],
  ["malformed_model_output", "other"],
  ["malformed_tool_use", "other"],
  ["tool_use", "other"],
  ["new_word", "other"],
] as const)("the stop reason %s is %s", async (stopReason, finishReason) => {
  bench.script({ body: toWhole([{ text: "x" }], stopReason) }, { body: toStream([], stopReason) });
  const expected = { finishReason, rawFinishReason: stopReason };
  expect(await bench.complete()).toMatchObject(expected);
  expect(await bench.complete({ stream: true })).toMatchObject(expected);
});

test.each([
  ["end_turn", "tool_calls"],
  ["max_tokens", "length"],
  ["malformed_tool_use", "other"],
] as const)("a tool call that ends with %s is %s", async (stopReason, finishReason) => {
  bench.script({ body: toWhole([toUse("a", "look", { input: {} })], stopReason) });
  expect(await bench.complete()).toMatchObject({ finishReason, toolCalls: [{ name: "look" }] });
});

describe("the arguments of the tool that gives the answer", () => {
  const request = {
    model: "anthropic.claude-3-5-sonnet-20240620-v1:0",
    output: { name: "answer", schema: { type: "object", properties: { a: { type: "string" } } } },
  };
  const frames = [
    toStart(0, toUse("t", "json_answer")),
    toDelta(0, toInput('{"a":')),
    toDelta(0, toInput('"b"}')),
    toStop(0),
  ];

  test("are the answer's text, whole and streamed", async () => {
    const content = [toUse("t", "json_answer", { input: { a: "b" } })];
    bench.script({ body: toWhole(content, "tool_use") }, { body: toStream(frames, "tool_use") });
    const expected = { text: '{"a":"b"}', toolCalls: [], finishReason: "stop", rawFinishReason: "tool_use", usage };
    expect(await bench.complete(request)).toEqual(expected);
    expect(await bench.complete({ ...request, stream: true })).toEqual(expected);
  });

  test("are an empty object where none are streamed", async () => {
    const body = toStream([toStart(0, toUse("t", "json_answer")), toStop(0)], "tool_use");
    bench.script({ body: toWhole([toUse("t", "json_answer", { input: {} })], "tool_use") }, { body });
    expect(await bench.complete(request)).toMatchObject({ text: "{}" });
    expect(await bench.complete({ ...request, stream: true })).toMatchObject({ text: "{}" });
  });

  test("come in pieces as the model writes them", async () => {
    bench.script({ body: toStream(frames, "tool_use") });
    const { parts } = await bench.read(request);
    expect(parts.slice(0, 2)).toEqual([
      { type: "text", text: '{"a":' },
      { type: "text", text: '"b"}' },
    ]);
  });

  test("are a tool call for a client whose own tool has that name", async () => {
    bench.script({ body: toStream(frames, "tool_use") });
    const tools = [{ name: "json_answer", parameters: { type: "object" } }];
    const { parts } = await bench.read({ ...request, output: undefined, tools });
    expect(parts).toContainEqual({ type: "tool-call", index: 0, id: "t", name: "json_answer", arguments: "" });
  });
});

describe("a stream", () => {
  test("passes on pieces as they come, and ends with usage and finish", async () => {
    bench.script({ body: toStream(cases["reasoning with its seal"]!.frames), pieceBytes: 1 });
    expect((await bench.read()).parts).toEqual([
      { type: "reasoning", text: "Let me " },
      { type: "reasoning", text: "see." },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "Let me see.", signature: "seal" } },
      { type: "text", text: "Four." },
      { type: "usage", usage },
      { type: "finish", reason: "stop", rawReason: "end_turn" },
    ]);
  });

  test("of unknown events, of odd fields and of blocks that are never ended is read as far as it goes", async () => {
    const frames = [
      toEvent("newEvent", { at: 1 }),
      toEvent("contentBlockStart", {}),
      toEvent("contentBlockDelta", { contentBlockIndex: 0 }),
      toDelta(0, { newKind: { text: "?" } }),
      toDelta(0, toReasoning(toText("Hm."))),
      toDelta(1, toText("x")),
      toDelta(1, { text: null }),
    ];
    bench.script({ body: toStream(frames) });
    expect((await bench.read()).parts).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "x" },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "Hm." } },
      { type: "usage", usage },
      { type: "finish", reason: "stop", rawReason: "end_turn" },
    ]);
  });

  test("of another vendor's model has reasoning of no vendor that others know", async () => {
    bench.script({ body: toStream([toDelta(0, toReasoning(toText("Hm."))), toStop(0)]) });
    const { parts } = await bench.read({ model: "openai.gpt-oss-20b-1:0" });
    expect(parts).toContainEqual({ type: "reasoning-block", block: { vendor: "other", text: "Hm." } });
  });

  test("that comes whole, since the server cannot stream, is read whole", async () => {
    bench.script({ body: toWhole([{ text: "whole" }]) });
    expect(await bench.complete({ stream: true })).toMatchObject({ text: "whole" });
  });
});
