import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  completed,
  event,
  openScriptedResponses,
  textDelta,
  toMessage,
  toRequest,
  toText,
  type ScriptedResponses,
} from "./openai-responses-fixture.ts";
import type { Completion, Part } from "../../reply.ts";

let bench: ScriptedResponses;

beforeEach(async () => {
  bench = await openScriptedResponses();
});

afterEach(() => bench.close());

const streamed = toRequest({ stream: true });
const usage = { inputTokens: 3, outputTokens: 2 };
const end: Part[] = [
  { type: "usage", usage },
  { type: "finish", reason: "stop", rawReason: "completed" },
];

async function partsOf(...events: string[]): Promise<readonly Part[]> {
  bench.script({ body: events.join("") });
  const { parts, error } = await bench.read(streamed);
  if (error) throw error;
  return parts;
}

async function completionOf(...events: string[]): Promise<Completion> {
  bench.script({ body: events.join("") });
  return bench.complete(streamed);
}

const call = (index: number, type: "added" | "done", fields: object = {}): string =>
  event(`response.output_item.${type}`, {
    output_index: index,
    item: {
      type: "function_call",
      id: `fc_${index}`,
      call_id: `c${index}`,
      name: `f${index}`,
      arguments: "",
      ...fields,
    },
  });
const callDelta = (index: number, delta: string): string =>
  event("response.function_call_arguments.delta", { output_index: index, item_id: `fc_${index}`, delta });

describe("a stream's reasoning", () => {
  const summary = (index: number, delta: string): string =>
    event("response.reasoning_summary_text.delta", { output_index: 0, summary_index: index, delta });
  const item = {
    type: "reasoning",
    id: "rs_1",
    summary: [
      { type: "summary_text", text: "**A** a" },
      { type: "summary_text", text: "**B** b" },
    ],
    encrypted_content: "sealed",
  };
  const done = event("response.output_item.done", { output_index: 0, item });
  const block = { vendor: "openai", text: "**A** a\n\n**B** b", encrypted: "sealed", id: "rs_1" } as const;

  test("comes in pieces, its summaries set apart, and ends with what seals it", async () => {
    const begun = event("response.output_item.added", {
      output_index: 0,
      item: { ...item, encrypted_content: "half" },
    });
    expect(
      await partsOf(begun, summary(0, "**A**"), summary(0, " a"), summary(1, "**B** b"), done, completed([item])),
    ).toEqual([
      { type: "reasoning", text: "**A**" },
      { type: "reasoning", text: " a" },
      { type: "reasoning", text: "\n\n**B** b" },
      { type: "reasoning-block", block },
      ...end,
    ]);
  });

  test.each([
    ["its item is done", [done, completed([item])]],
    ["the response is whole", [completed([item])]],
    ["the response is whole, and half was told", [summary(0, "**A** a"), completed([item])]],
  ])("that is told when %s is told once", async (_when, events) => {
    expect(await completionOf(...events)).toMatchObject({ reasoning: block.text, reasoningBlocks: [block] });
  });

  test("that is sealed wholly says nothing", async () => {
    const sealed = { ...item, summary: [] };
    const sealedBlock = { vendor: "openai", text: "", encrypted: "sealed", id: "rs_1" };
    expect(await partsOf(event("response.output_item.done", { output_index: 0, item: sealed }), completed())).toEqual([
      { type: "reasoning-block", block: sealedBlock },
      ...end,
    ]);
  });

  test("that is open is another vendor's", async () => {
    bench.script({
      body: [
        event("response.reasoning_text.delta", { output_index: 0, content_index: 0, delta: "Hm." }),
        event("response.output_item.done", {
          output_index: 0,
          item: { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm." }], summary: [] },
        }),
        completed(),
      ].join(""),
    });
    expect(await bench.complete(streamed, bench.createProvider({ vendor: "vllm" }))).toMatchObject({
      reasoning: "Hm.",
      reasoningBlocks: [{ vendor: "other", text: "Hm." }],
    });
  });

  test("without words, seal and id is nothing", async () => {
    const empty = { type: "reasoning", summary: [], encrypted_content: null };
    expect(await partsOf(event("response.output_item.done", { output_index: 0, item: empty }), completed())).toEqual(
      end,
    );
  });
});

describe("a stream's tool calls", () => {
  test("are kept apart where they come in parallel, and are told once", async () => {
    const whole = { arguments: '{"x":1}' };
    expect(
      await completionOf(
        call(0, "added"),
        call(1, "added"),
        callDelta(1, "{"),
        callDelta(0, '{"x"'),
        callDelta(1, "}"),
        callDelta(0, ":1}"),
        event("response.function_call_arguments.done", { output_index: 0, ...whole }),
        call(0, "done", whole),
        call(1, "done", { arguments: "{}" }),
        completed([{ type: "function_call", call_id: "c0" }]),
      ),
    ).toMatchObject({
      toolCalls: [
        { id: "c0", name: "f0", arguments: '{"x":1}' },
        { id: "c1", name: "f1", arguments: "{}" },
      ],
      finishReason: "tool_calls",
      rawFinishReason: "completed",
    });
  });

  const wholeCall = { type: "function_call", call_id: "c0", name: "f0", arguments: '{"x":1}' };
  test.each([
    ["it is done", [call(0, "added"), call(0, "done", wholeCall)]],
    ["it is done, without its beginning", [call(0, "done", wholeCall)]],
    ["the response is whole", []],
    ["the response is whole, and half was told", [call(0, "added"), callDelta(0, '{"x"')]],
  ])("that are told when %s are told once", async (_when, events) => {
    expect((await completionOf(...events, completed([wholeCall]))).toolCalls).toEqual([
      { id: "c0", name: "f0", arguments: '{"x":1}' },
    ]);
  });

  test("may have no arguments, and arguments that are no text", async () => {
    const calls = [call(0, "done", { arguments: null }), call(1, "done", { arguments: { x: 1 } })];
    expect((await completionOf(...calls, completed())).toolCalls.map(({ arguments: text }) => text)).toEqual([
      "",
      '{"x":1}',
    ]);
  });

  const custom = { type: "custom_tool_call", call_id: "c0", name: "run", input: 'say "hi"\n👋' };
  const customEvents = [
    event("response.output_item.added", { output_index: 0, item: { ...custom, input: "" } }),
    event("response.custom_tool_call_input.delta", { output_index: 0, delta: 'say "hi' }),
    event("response.custom_tool_call_input.delta", { output_index: 0, delta: '"\n👋' }),
    event("response.output_item.done", { output_index: 0, item: custom }),
    completed([custom]),
  ];

  test("of custom tools have the JSON of their text for arguments", async () => {
    expect(await completionOf(...customEvents)).toMatchObject({
      toolCalls: [{ id: "c0", name: "run", arguments: JSON.stringify(custom.input) }],
      finishReason: "tool_calls",
    });
    expect((await completionOf(completed([custom]))).toolCalls[0]?.arguments).toBe(JSON.stringify(custom.input));
  });

  test("of custom tools are xAI's own searches", async () => {
    bench.script({ body: customEvents.join("") });
    const provider = bench.createProvider({ vendor: "xai" });
    expect(await bench.complete(streamed, provider)).toMatchObject({ toolCalls: [], finishReason: "stop" });
  });

  test.each([
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "computer_call",
    "mcp_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
    "compaction",
  ])("do not hold the vendor's own: %s", async (type) => {
    const item = { type, id: "x_1", call_id: "x", name: "x", arguments: "{}", status: "completed" };
    const events = [
      event("response.output_item.added", { output_index: 0, item }),
      event(`response.${type}.in_progress`, { output_index: 0, item_id: "x_1" }),
      event("response.mcp_call_arguments.delta", { output_index: 0, item_id: "x_1", delta: "{}" }),
      event("response.output_item.done", { output_index: 0, item }),
      textDelta("Found.", { output_index: 1 }),
      completed([item, toMessage(toText("Found."))]),
    ];
    expect(await partsOf(...events)).toEqual([{ type: "text", text: "Found." }, ...end]);
    expect(await bench.complete(toRequest())).toMatchObject({ toolCalls: [] });
  });
});
