import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  completed,
  event,
  greet,
  openScriptedResponses,
  someUsage,
  textDelta,
  toMessage,
  toRequest,
  toResponse,
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

describe("a stream", () => {
  test("may be cut at every byte", async () => {
    const text = "naïve 漢字 👩‍🚀 text";
    const body = greet(text, true) as string;
    bench.script({ body, borders: Array.from({ length: Buffer.byteLength(body) - 1 }, (_, index) => index + 1) });
    expect(await bench.complete(streamed)).toMatchObject({ text, finishReason: "stop", usage });
  });

  test("may hold comments, pings, queues, empty data and events that nobody knows", async () => {
    const parts = await partsOf(
      ": warm\n\n",
      "data:\n\n",
      event("keepalive", { sequence_number: 1 }),
      event("response.queued", { response: { status: "queued" } }),
      event("response.created", { response: { error: null, status: "in_progress" } }),
      event("response.audio.delta", { delta: "AAAA" }),
      'event: response.output_text.delta\ndata: {"delta":"x","output_index":0}\n\n',
      event("response.some_day.delta", { delta: "?" }),
      completed(),
    );
    expect(parts).toEqual([{ type: "text", text: "x" }, ...end]);
  });

  const message = toMessage(toText("Hi."));
  const textDone = event("response.output_text.done", { output_index: 0, content_index: 0, text: "Hi." });
  const partDone = event("response.content_part.done", { output_index: 0, content_index: 0, part: toText("Hi.") });
  const itemDone = event("response.output_item.done", { output_index: 0, item: message });
  test.each([
    [
      "in pieces and in every event after them",
      [textDelta("H"), textDelta("i."), textDone, partDone, itemDone, completed([message])],
    ],
    ["when the text is done", [textDone, partDone, itemDone, completed([message])]],
    ["when the content is done", [partDone, itemDone, completed([message])]],
    ["when the content is done, and never more", [partDone, completed()]],
    ["when the item is done", [itemDone, completed([message])]],
    ["with the whole response only", [completed([message])]],
    ["half in pieces", [textDelta("H"), textDone, itemDone, completed([message])]],
    [
      "under ids that change from event to event",
      [
        textDelta("H", { item_id: "a" }),
        textDelta("i.", { item_id: "b" }),
        itemDone,
        completed([{ ...message, id: "c" }]),
      ],
    ],
    [
      "by place once, and then by id",
      [
        event("response.output_item.added", { output_index: 4, item: { type: "message", id: "msg_1" } }),
        event("response.output_text.delta", { item_id: "msg_1", delta: "Hi." }),
        event("response.output_item.done", { output_index: 4, item: message }),
        completed([message]),
      ],
    ],
    [
      "by id instead of place",
      [
        event("response.output_item.added", { item: { type: "message", id: "msg_1" } }),
        event("response.output_text.delta", { item_id: "msg_1", delta: "Hi." }),
        event("response.output_item.done", { item: message }),
        completed([message]),
      ],
    ],
  ])("that tells its text %s says it once", async (_how, events) => {
    expect(await completionOf(...events)).toMatchObject({ text: "Hi.", finishReason: "stop" });
  });

  test("keeps several messages and contents in their order", async () => {
    const later = { output_index: 1, content_index: 1 };
    expect(
      await completionOf(textDelta("a"), textDelta("b", { content_index: 1 }), textDelta("c", later), completed()),
    ).toMatchObject({ text: "abc" });
  });

  test("has log-probabilities with the texts that they belong to, once", async () => {
    const entry = {
      token: "x",
      logprob: -0.5,
      bytes: [120],
      top_logprobs: [{ token: "y", logprob: -2, bytes: [121] }],
    };
    const logprobs = [{ token: "x", logprob: -0.5, top: [{ token: "y", logprob: -2 }] }];
    const done = event("response.output_text.done", {
      output_index: 0,
      content_index: 0,
      text: "x",
      logprobs: [entry],
    });
    const expected = [{ type: "text", text: "x", logprobs }, ...end];
    expect(await partsOf(textDelta("x", { logprobs: [entry] }), done, completed())).toEqual(expected);
    expect(await partsOf(done, completed())).toEqual(expected);
  });

  test("names its sources once, with where they are in the whole text", async () => {
    const annotation = { type: "url_citation", url: "https://x.test", title: "X", start_index: 1, end_index: 2 };
    const file = { type: "file_citation", file_id: "f", filename: "a.txt", index: 0 };
    const place = { output_index: 1, content_index: 0 };
    const annotations = [annotation, file, { ...annotation, url: "https://y.test", title: "" }];
    const events = [
      textDelta("abc"),
      textDelta("xyz", { output_index: 1 }),
      event("response.output_text.annotation.added", { ...place, annotation_index: 0, annotation }),
      event("response.output_item.done", { output_index: 1, item: toMessage(toText("xyz", { annotations })) }),
      completed(),
    ];
    expect((await completionOf(...events)).sources).toEqual([
      { url: "https://x.test", title: "X", startIndex: 4, endIndex: 5 },
      { url: "https://y.test", startIndex: 4, endIndex: 5 },
    ]);
  });

  test.each([
    ["in pieces", [event("response.refusal.delta", { output_index: 0, content_index: 0, delta: "No." })]],
    ["when it is done", [event("response.refusal.done", { output_index: 0, content_index: 0, refusal: "No." })]],
    [
      "with the item",
      [event("response.output_item.done", { output_index: 0, item: toMessage({ type: "refusal", refusal: "No." }) })],
    ],
  ])("that refuses %s ends as filtered, with the words", async (_how, events) => {
    expect(await partsOf(...events, completed([toMessage({ type: "refusal", refusal: "No." })]))).toEqual([
      { type: "text", text: "No.", isRefusal: true },
      { type: "usage", usage },
      { type: "finish", reason: "content_filter", rawReason: "completed" },
    ]);
  });
});

describe("a stream's end", () => {
  const incomplete = (reason: string): string =>
    event("response.incomplete", {
      response: toResponse([], { status: "incomplete", incomplete_details: { reason } }),
    });

  test.each([
    ["max_output_tokens", "length"],
    ["content_filter", "content_filter"],
    ["some_day", "other"],
  ])("that is incomplete by %s is %s", async (rawReason, reason) => {
    expect(await partsOf(textDelta("x"), incomplete(rawReason))).toEqual([
      { type: "text", text: "x" },
      { type: "usage", usage },
      { type: "finish", reason, rawReason },
    ]);
  });

  test("in the middle of a call is its length, not the call", async () => {
    const { finishReason, toolCalls } = await completionOf(
      call(0, "added"),
      callDelta(0, '{"x'),
      incomplete("max_output_tokens"),
    );
    expect({ finishReason, toolCalls }).toEqual({
      finishReason: "length",
      toolCalls: [{ id: "c0", name: "f0", arguments: '{"x' }],
    });
  });

  test("comes before whatever else the connection says", async () => {
    expect(await completionOf(textDelta("x"), completed(), textDelta("late"))).toMatchObject({ text: "x" });
  });

  test("may lack its blank line, and usage", async () => {
    const last = completed([], { usage: null }).trimEnd();
    expect(await partsOf(textDelta("x"), last)).toEqual([
      { type: "text", text: "x" },
      { type: "finish", reason: "stop", rawReason: "completed" },
    ]);
  });

  test.each([
    ["no last event", []],
    ["[DONE] in place of the last event", ["data: [DONE]\n\n"]],
    ["half of the last event", [completed().slice(0, 60)]],
  ])("that has %s is a cut, after its parts were passed on", async (_what, events) => {
    bench.script({ body: [textDelta("half"), ...events].join("") });
    const { parts, error } = await bench.read(streamed);
    expect(error).toMatchObject({ code: "stream_cut" });
    expect(parts).toEqual([{ type: "text", text: "half" }]);
  });

  test.each([
    ["an event that is no JSON", "data: {oops}\n\n"],
    ["an event that is no object", "data: 7\n\n"],
    ["a last event without the response", event("response.completed")],
    ["a response that has not ended", event("response.completed", { response: toResponse([], { status: "queued" }) })],
  ])("with %s breaks the protocol", async (_what, body) => {
    bench.script({ body });
    expect((await bench.read(streamed)).error).toMatchObject({ code: "provider_protocol" });
  });

  test("is read from whatever shape an event has that is not garbled", async () => {
    const odd: unknown[] = [null, 1, "x", [], {}, { type: 7 }];
    const garbles = (type: string, field: string, value: unknown): boolean =>
      (field === "delta" && type.endsWith(".delta") && value !== null && typeof value !== "string") ||
      (field === "item" && /output_item/.test(type) && (typeof value !== "object" || Array.isArray(value)));
    const types = [
      "response.output_item.added",
      "response.output_item.done",
      "response.output_text.delta",
      "response.output_text.done",
      "response.output_text.annotation.added",
      "response.content_part.done",
      "response.reasoning_summary_text.delta",
      "response.function_call_arguments.delta",
    ];
    const fields = ["item", "delta", "part", "annotation", "text", "logprobs", "summary_index"];
    const events = types.flatMap((type) =>
      odd.flatMap((value) =>
        fields.flatMap((field) => (garbles(type, field, value) ? [] : [event(type, { [field]: value })])),
      ),
    );
    expect(await completionOf(...events, completed({ output: odd }))).toMatchObject({
      finishReason: "stop",
      usage: { inputTokens: someUsage.input_tokens },
    });
  });
});
