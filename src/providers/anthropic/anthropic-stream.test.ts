import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Completion, Part } from "../../reply.ts";
import { block, event, messageEnd, messageStart, textBlock } from "./anthropic-server-fixture.ts";
import { openScriptedAnthropic, toRequest, type ScriptedAnthropic } from "./scripted-anthropic-fixture.ts";

let bench: ScriptedAnthropic;
beforeAll(async () => {
  bench = await openScriptedAnthropic();
});
afterAll(() => bench.close());

const usage = { input_tokens: 10, output_tokens: 20 };
const tokens = { inputTokens: 10, outputTokens: 20 };

async function readStream(...events: readonly string[]): Promise<readonly Part[]> {
  bench.server.script({ body: [messageStart(usage), ...events].join("") });
  const { parts, error } = await bench.read(toRequest({ stream: true }));
  if (error) throw error;
  return parts;
}

function readWhole(content: readonly object[], stopReason: string | null = "end_turn"): Promise<Completion> {
  return bench.answer({ body: { type: "message", content, stop_reason: stopReason, usage } });
}

const ending = messageEnd("end_turn", usage);
const ended: readonly Part[] = [
  { type: "usage", usage: tokens },
  { type: "finish", reason: "stop", rawReason: "end_turn" },
];

describe("a stream", () => {
  test("of text is told piece by piece, and pings say nothing", async () => {
    const parts = await readStream(
      event("ping"),
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Grüße " } }),
      event("ping"),
      event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "漢字" } }),
      event("content_block_stop", { index: 0 }),
      ending,
    );
    expect(parts).toEqual([{ type: "text", text: "Grüße " }, { type: "text", text: "漢字" }, ...ended]);
  });

  test("of thinking is told as reasoning, and ends in a block with its signature", async () => {
    const parts = await readStream(
      block(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "Let me " },
        { type: "thinking_delta", thinking: "see.", estimated_tokens: 4 },
        { type: "signature_delta", signature: "c2ln" },
      ),
      block(1, { type: "redacted_thinking", data: "ZW5j" }),
      textBlock("4", 2),
      ending,
    );
    expect(parts).toEqual([
      { type: "reasoning", text: "Let me " },
      { type: "reasoning", text: "see." },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "Let me see.", signature: "c2ln" } },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "", encrypted: "ZW5j" } },
      { type: "text", text: "4" },
      ...ended,
    ]);
  });

  test("of thinking whose text is left out still hands back its signature", async () => {
    const thinking = block(0, { type: "thinking", thinking: "" }, { type: "signature_delta", signature: "c2ln" });
    const parts = await readStream(thinking, ending);
    expect(parts).toEqual([
      { type: "reasoning-block", block: { vendor: "anthropic", text: "", signature: "c2ln" } },
      ...ended,
    ]);
  });

  test("of parallel tool calls numbers them, with arguments as the model wrote them", async () => {
    const parts = await readStream(
      textBlock("I look."),
      block(
        1,
        { type: "tool_use", id: "toolu_1", name: "weather", input: {} },
        { type: "input_json_delta", partial_json: "" },
        { type: "input_json_delta", partial_json: '{"city": "Par' },
        { type: "input_json_delta", partial_json: 'is"' },
      ),
      block(2, { type: "tool_use", id: "toolu_2", name: "clock", input: {} }),
      block(3, { type: "tool_use", id: "toolu_3", name: "whole", input: { x: 1 } }),
      messageEnd("tool_use", usage),
    );
    // Fine-grained streams may end in the middle of the JSON.
    expect(parts).toEqual([
      { type: "text", text: "I look." },
      { type: "tool-call", index: 0, id: "toolu_1", name: "weather", arguments: "" },
      { type: "tool-call", index: 0, arguments: '{"city": "Par' },
      { type: "tool-call", index: 0, arguments: 'is"' },
      { type: "tool-call", index: 1, id: "toolu_2", name: "clock", arguments: "" },
      { type: "tool-call", index: 1, arguments: "{}" },
      { type: "tool-call", index: 2, id: "toolu_3", name: "whole", arguments: "" },
      { type: "tool-call", index: 2, arguments: '{"x":1}' },
      { type: "usage", usage: tokens },
      { type: "finish", reason: "tool_calls", rawReason: "tool_use" },
    ]);
  });

  test("of calls whose deltas are mixed keeps them apart", async () => {
    const parts = await readStream(
      event("content_block_start", { index: 0, content_block: { type: "tool_use", id: "a", name: "f", input: {} } }),
      event("content_block_start", { index: 1, content_block: { type: "tool_use", id: "b", name: "g", input: {} } }),
      event("content_block_delta", { index: 1, delta: { type: "input_json_delta", partial_json: "[1]" } }),
      event("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: "[0]" } }),
      messageEnd("tool_use", usage),
    );
    expect(parts.filter((part) => part.type === "tool-call" && part.arguments !== "")).toEqual([
      { type: "tool-call", index: 1, arguments: "[1]" },
      { type: "tool-call", index: 0, arguments: "[0]" },
    ]);
  });

  test("of the vendor's own tools tells the text around them, and where it comes from", async () => {
    const citation = {
      type: "web_search_result_location",
      url: "https://example.com/a",
      title: "A",
      cited_text: "It rains.",
      encrypted_index: "x",
    };
    const parts = await readStream(
      textBlock("I search. "),
      block(
        1,
        { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
        { type: "input_json_delta", partial_json: '{"query":"rain"}' },
      ),
      block(2, {
        type: "web_search_tool_result",
        tool_use_id: "srvtoolu_1",
        content: [{ url: "https://example.com" }],
      }),
      block(3, { type: "bash_code_execution_tool_result", content: { stdout: "", text: "not said" } }),
      block(
        4,
        { type: "text", text: "", citations: [] },
        { type: "citations_delta", citation },
        { type: "text_delta", text: "It rains." },
      ),
      ending,
    );
    const source = { url: "https://example.com/a", title: "A", startIndex: 10, endIndex: 19 };
    expect(parts).toEqual([
      { type: "text", text: "I search. " },
      { type: "text", text: "It rains." },
      { type: "source", source },
      ...ended,
    ]);
  });

  test("tells calls that stand in its first event", async () => {
    const content = [
      { type: "tool_use", id: "toolu_1", name: "f", input: { x: 1 }, caller: { type: "code_execution_20250825" } },
    ];
    bench.server.script({ body: messageStart(usage, { content }) + messageEnd("tool_use", usage) });
    const answer = await bench.complete(toRequest({ stream: true }));
    expect(answer.toolCalls).toEqual([{ id: "toolu_1", name: "f", arguments: '{"x":1}' }]);
  });

  test("that leaves out the ends of its blocks is whole all the same", async () => {
    const parts = await readStream(
      event("content_block_start", { index: 0, content_block: { type: "thinking", thinking: "", signature: "" } }),
      event("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: "Hm." } }),
      event("content_block_delta", { index: 9, delta: { type: "thinking_delta", thinking: "So?" } }),
      event("content_block_delta", { index: 1, delta: { type: "text_delta", text: "4" } }),
      ending,
    );
    expect(parts).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "reasoning", text: "So?" },
      { type: "text", text: "4" },
      { type: "reasoning-block", block: { vendor: "anthropic", text: "Hm." } },
      ...ended,
    ]);
  });

  test("with events, blocks and deltas that nobody knows is read around them", async () => {
    const parts = await readStream(
      event("conjured", { text: "no" }),
      block(0, { type: "conjured", text: "no" }, { type: "conjured_delta", text: "no" }),
      event("content_block_start", { index: 5 }),
      event("content_block_delta", {}),
      event("content_block_stop", { index: 77 }),
      "data: [DONE]\n\n",
      textBlock("Yes."),
      ending,
    );
    expect(parts).toEqual([{ type: "text", text: "Yes." }, ...ended]);
  });

  test.each([
    ["without its last event", messageEnd("end_turn", usage).split("\n\n")[0]!],
    ["without a type beside the event's name", ending.replaceAll(/"type":"message_\w+",?/g, "")],
  ])("%s is whole", async (_how, end) => {
    expect(await readStream(textBlock("x"), end)).toEqual([{ type: "text", text: "x" }, ...ended]);
  });

  test("that says its end but never that the model stopped is cut", async () => {
    bench.server.script({ body: messageStart(usage) + textBlock("x") + event("message_stop") });
    const { parts, error } = await bench.read(toRequest({ stream: true }));
    expect(parts).toEqual([{ type: "text", text: "x" }]);
    expect(error).toMatchObject({ code: "stream_cut" });
  });
});

describe("a whole answer", () => {
  test("says what the stream of it says", async () => {
    const blocks = [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "ZW5j" },
      {
        type: "text",
        text: "It rains.",
        citations: [{ type: "search_result_location", source: "https://a.example/" }],
      },
      { type: "text", text: " Here.", citations: [{ type: "char_location", document_title: "D", document_index: 0 }] },
      { type: "server_tool_use", id: "s", name: "web_search", input: {} },
      { type: "tool_use", id: "toolu_1", name: "f", input: { x: 1 } },
      { type: "tool_use", id: "toolu_2", name: "g", input: {} },
    ];
    const whole = await readWhole(blocks, "tool_use");
    expect(whole).toEqual({
      text: "It rains. Here.",
      reasoning: "Hm.",
      reasoningBlocks: [
        { vendor: "anthropic", text: "Hm.", signature: "c2ln" },
        { vendor: "anthropic", text: "", encrypted: "ZW5j" },
      ],
      sources: [{ url: "https://a.example/", startIndex: 0, endIndex: 9 }],
      toolCalls: [
        { id: "toolu_1", name: "f", arguments: '{"x":1}' },
        { id: "toolu_2", name: "g", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "tool_use",
      usage: tokens,
    });
    const body = [
      messageStart(usage),
      ...blocks.map((each, index) => block(index, each)),
      messageEnd("tool_use", usage),
    ];
    bench.server.script({ body: body.join("") });
    expect(await bench.complete(toRequest({ stream: true }))).toEqual(whole);
  });

  test("of a server that cannot stream is taken", async () => {
    bench.server.script({
      body: { type: "message", content: [{ type: "text", text: "whole" }], stop_reason: "end_turn" },
    });
    expect((await bench.generate(toRequest({ stream: true }))).whole).toMatchObject({ text: "whole" });
  });

  test("that is a refusal has its reason, and no words of its own", async () => {
    const body = {
      type: "message",
      content: [],
      stop_reason: "refusal",
      stop_details: { type: "refusal", category: "cyber", explanation: "This was blocked." },
    };
    expect(await bench.answer({ body })).toEqual({
      text: "",
      toolCalls: [],
      finishReason: "content_filter",
      rawFinishReason: "refusal",
    });
  });
});

describe("the reason to stop", () => {
  const table: readonly (readonly [string | null, Completion["finishReason"]])[] = [
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["refusal", "content_filter"],
    ["pause_turn", "other"],
    ["compaction", "other"],
    ["constructor", "other"],
    [null, "other"],
  ];
  test.each(table)("%s means %s, whole and streamed", async (raw, reason) => {
    const whole = await readWhole([{ type: "text", text: "x" }], raw);
    const expected = { finishReason: reason, ...(raw === null ? {} : { rawFinishReason: raw }) };
    expect(whole).toMatchObject(expected);
    bench.server.script({ body: messageStart(usage) + textBlock("x") + messageEnd(raw, usage) });
    expect(await bench.complete(toRequest({ stream: true }))).toEqual(whole);
  });

  test("is a tool call where there is one and the word is not known", async () => {
    const whole = await readWhole([{ type: "tool_use", id: "a", name: "f", input: {} }], "calls");
    expect(whole).toMatchObject({ finishReason: "tool_calls", rawFinishReason: "calls" });
  });
});
