import * as fc from "fast-check";
import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import type { Response, ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";
import type { Target } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { createEventDecoder } from "../../event-stream.ts";
import type { Part } from "../../reply.ts";
import { findSpecViolations } from "../../../test/specs/openai-spec.ts";
import { parseResponsesRequest } from "./parse-responses-request.ts";
import { createResponseWriter, type ResponseWriter } from "./response-writer.ts";

const target: Target = { provider: "other", model: "steady-1", rule: "fallback" };
const finish: Part = { type: "finish", reason: "stop" };
const request = parseResponsesRequest({ model: "fast", input: "Hi" });
const settlement = { completedAtMs: 9_000_000, isStored: true };

function create(digit = "0"): ResponseWriter {
  const requestId = `0190aaaa-0000-7000-8000-00000000000${digit}`;
  return createResponseWriter({ requestId, model: "first-1", createdAtMs: 7_000 + Number(digit) * 1000 }, request);
}

function resume(...sent: Part[]): Part {
  return { type: "resumed", sent, target };
}

function read(text: string): ResponseStreamEvent[] {
  const events: ResponseStreamEvent[] = [];
  const decoder = createEventDecoder(({ data }) => events.push(JSON.parse(data) as ResponseStreamEvent));
  decoder.feed(Buffer.from(text));
  return events;
}

function writeAll(writer: ResponseWriter, parts: readonly Part[]): string {
  const written = parts.map((part) => writer.write(part)).join("");
  writer.settle(settlement);
  return written + writer.end();
}

/** What a client has in the end, when the official one puts it together without a mistake. @param own the events that are not a vendor's */
function finalOf(events: readonly ResponseStreamEvent[], own = events): Response {
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
  expect(own.flatMap((event) => findSpecViolations("response event", event))).toEqual([]);
  let snapshot: Response | undefined;
  for (const event of events.slice(0, -1)) snapshot = accumulateResponse(event, snapshot);
  const last = events.at(-1);
  if (last?.type !== "response.completed") throw new Error("The stream has no end.");
  expect(snapshot?.output).toEqual(last.response.output);
  expect(snapshot?.id).toBe(last.response.id);
  return last.response;
}

describe("a response that was relayed", () => {
  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ type: fc.constant("text" as const), text: fc.string({ minLength: 1, unit: "grapheme" }) }),
    fc.record({ type: fc.constant("reasoning" as const), text: fc.string({ minLength: 1 }) }),
    fc.constant<Part>({ type: "reasoning-block", block: { vendor: "openai", text: "", encrypted: "e", id: "rs_1" } }),
  );

  test("goes on wherever it stopped: one id, items and numbers without a gap, all of the text", () => {
    const chunking = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(part), chunking, (sent, rest, perChunk) => {
        const vendor = create("1");
        const passed = sent.map((said) => vendor.write(said)).join("");
        const frames = passed.split("\n\n").slice(0, -1);
        const writer = create();
        for (let at = 0; at < frames.length; at += perChunk) {
          writer.watch(Buffer.from(`${frames.slice(at, at + perChunk).join("\n\n")}\n\n`));
        }
        const events = read(passed + writeAll(writer, [resume(...sent), ...rest, finish]));
        const final = finalOf(events);
        expect(final).toMatchObject({ id: "resp_0190aaaa000070008000000000000001", created_at: 8, model: "steady-1" });
        const said = [...sent, ...rest].map((one) => (one.type === "text" ? one.text : "")).join("");
        const told = final.output.flatMap((item) => (item.type === "message" ? item.content : []));
        expect(told.map((content) => ("text" in content ? content.text : "")).join("")).toBe(said);
        expect(new Set(final.output.map(({ id }) => id)).size).toBe(final.output.length);
      }),
    );
  });

  const item = { type: "message", id: "msg_up", status: "in_progress", role: "assistant", content: [] };
  const content = { type: "output_text", text: "Hello", annotations: [], logprobs: [] };
  const at = { item_id: "msg_up", output_index: 1, content_index: 0 };
  const steps: readonly object[] = [
    { type: "response.created", response: { id: "resp_up", created_at: 3, output: [] } },
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "rs_up", summary: [] } },
    { type: "response.output_item.done", output_index: 0, item: { type: "reasoning", id: "rs_up", summary: [] } },
    { type: "response.output_item.added", output_index: 1, item },
    { type: "response.content_part.added", ...at, part: { ...content, text: "" } },
    { type: "response.output_text.delta", ...at, delta: "Hello", logprobs: [] },
    { type: "response.output_text.done", ...at, text: "Hello", logprobs: [] },
    { type: "response.content_part.done", ...at, part: content },
    {
      type: "response.output_item.done",
      output_index: 1,
      item: { ...item, status: "completed", content: [content] },
    },
  ];

  function relay(events: readonly object[]): string {
    return events.map((event, index) => `data: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`).join("");
  }

  test.each([2, 3, 4, 5, 6, 7, 8, 9])("after %s events of a vendor", (count) => {
    const passed = relay(steps.slice(0, count));
    const writer = create();
    for (const event of passed.split("\n\n").slice(0, -1)) writer.watch(Buffer.from(`${event}\n\n`));
    writer.watch(Buffer.from(": keep-alive\n\n"));
    const sent: Part[] = count > 5 ? [{ type: "text", text: "Hello" }] : [];
    const rest: Part[] = [{ type: "text", text: " you." }, finish];
    const written = writeAll(writer, [resume(...sent), ...rest]);
    const final = finalOf(read(passed + written), read(written));
    const isOneMessage = count >= 4 && count <= 6;
    expect(final.output[0]).toMatchObject({ type: "reasoning", id: "rs_up" });
    expect(final.output_text ?? textOf(final)).toBe(count > 5 ? "Hello you." : " you.");
    expect(final.output).toHaveLength(isOneMessage || count < 4 ? 2 : 3);
    expect(final.output[1]).toMatchObject({
      id: expect.stringMatching(count >= 4 ? /^msg_up$/ : /^msg_hg/) as string,
      status: "completed",
    });
  });

  const call = { type: "function_call", id: "fc_up", call_id: "c", name: "look", arguments: "", status: "in_progress" };
  const item0 = { type: "response.output_item.done", output_index: 0, item };
  test.each([
    ["within a call", [...steps.slice(0, 3), { type: "response.output_item.added", output_index: 1, item: call }]],
    ["within a second piece of content", [...steps.slice(0, 4), { ...steps[5], content_index: 1 }]],
    ["with an item that nothing told of", [steps[0]!, { ...steps[5], output_index: 2 }]],
    ["with an item that is counted beyond all bounds", [steps[0]!, { ...item0, output_index: 4_294_967_294 }]],
    ["without an item", [steps[0]!]],
    ["with more text than the parts have", steps],
  ])("does not go on %s", (_what, passed) => {
    const writer = create();
    writer.watch(Buffer.from(relay(passed)));
    expect(() => writer.write(resume())).toThrow(expect.objectContaining({ code: "stream_cut" }) as HeadgateError);
  });

  test("whose items outgrow what is kept does not go on", () => {
    const writer = create();
    const done = { type: "response.output_item.done", output_index: 0, item: { ...item, x: "x".repeat(300_000) } };
    writer.watch(Buffer.from(relay([steps[0]!, done])));
    writer.watch(Buffer.from(relay(steps.slice(3, 6))));
    expect(() => writer.write(resume())).toThrow(expect.objectContaining({ code: "stream_cut" }) as HeadgateError);
  });

  test("fails with its own next number, and what there is of it", () => {
    const passed = relay(steps.slice(0, 6));
    const writer = create();
    writer.watch(Buffer.from(passed));
    const written = writer.write(resume({ type: "text", text: "Hello" })) + writer.write({ type: "text", text: " y" });
    const events = read(written + writer.fail(new HeadgateError("shutting_down")));
    expect(events.map(({ type, sequence_number: number }) => [type, number])).toEqual([
      ["response.output_text.delta", 6],
      ["error", 7],
      ["response.failed", 8],
    ]);
    expect(events.at(-1)).toMatchObject({
      response: { id: "resp_up", status: "failed", output: [{}, { id: "msg_up" }] },
    });
  });
});

function textOf({ output }: Response): string {
  const told = output.flatMap((item) => (item.type === "message" ? item.content : []));
  return told.map((content) => ("text" in content ? content.text : "")).join("");
}

test("what was written goes on in its message; what another model thinks is an item of its own", () => {
  const parts: Part[] = [
    { type: "text", text: "Hel" },
    resume(),
    { type: "text", text: "lo." },
    { type: "reasoning", text: "One" },
    resume(),
    { type: "reasoning", text: "Two" },
    finish,
  ];
  const final = finalOf(read(writeAll(create(), parts)));
  expect(textOf(final)).toBe("Hello.");
  expect(final.output.map(({ type }) => type)).toEqual(["message", "reasoning", "reasoning"]);
  expect(final).toMatchObject({ model: "steady-1", headgate: { rescued: true, model: "steady-1" } });
});

test("a response that nobody rescued does not speak of it", () => {
  expect(writeAll(create(), [{ type: "text", text: "Hi" }, finish])).not.toContain("headgate");
});
