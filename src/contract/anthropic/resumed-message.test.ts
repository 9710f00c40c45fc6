import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Target } from "../../call.ts";
import type { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import type { Part } from "../../reply.ts";
import { MessageEventWriter } from "./write-message-events.ts";

const target: Target = { provider: "other", model: "steady-1", rule: "fallback" };
const finish: Part = { type: "finish", reason: "stop" };

function create(requestId = "r-1"): MessageEventWriter {
  return new MessageEventWriter({ requestId, model: "first-1", createdAtMs: 0 });
}

function resume(...sent: Part[]): Part {
  return { type: "resumed", sent, target };
}

interface Event {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: { readonly type: string };
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly headgate?: unknown;
}

function read(text: string): Event[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => parseJson(event.slice(event.indexOf("data: ") + "data: ".length)) as Event);
}

interface SeenBlock {
  readonly kind: string;
  text: string;
  seals: number;
}

/** The blocks of a message by the dialect's strict order: one open at a time, by index, between start and stop. */
function readBlocks(events: readonly Event[]): SeenBlock[] {
  const blocks: SeenBlock[] = [];
  const mistakes: string[] = [];
  let open: number | undefined;
  for (const { type, index, content_block: block, delta = {} } of events.slice(1, -2)) {
    const last = blocks.at(-1);
    const isStart = type === "content_block_start";
    if (type !== "ping" && (isStart ? open !== undefined || index !== blocks.length : index !== open)) {
      mistakes.push(`${type} at ${index}`);
    }
    if (isStart) blocks.push({ kind: block!.type, text: "", seals: 0 });
    if (isStart) open = index;
    else if (type === "content_block_stop") open = undefined;
    else if (delta["type"] === "signature_delta") last!.seals++;
    else if (delta["type"] === `${last!.kind}_delta`) last!.text += delta[last!.kind] as string;
    else if (type !== "ping") mistakes.push(`${type} in ${last!.kind}`);
  }
  const frame = [events[0], ...events.slice(-2)].map((event) => event?.type);
  expect([mistakes, open, frame]).toEqual([[], undefined, ["message_start", "message_delta", "message_stop"]]);
  return blocks;
}

const ping = 'event: ping\ndata: {"type": "ping"}\n\n';

describe("a message that was relayed", () => {
  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ type: fc.constant("text" as const), text: fc.string({ minLength: 1, unit: "grapheme" }) }),
    fc.record({ type: fc.constant("reasoning" as const), text: fc.string({ minLength: 1 }) }),
    fc.constant<Part>({ type: "reasoning-block", block: { vendor: "anthropic", text: "", encrypted: "sealed" } }),
  );

  test("goes on wherever it stopped, in the strict order of events", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(part), fc.boolean(), (sent, rest, hasPing) => {
        const vendor = create("vendor");
        const passed = sent.map((said) => vendor.write(said));
        const writer = create();
        for (const bytes of hasPing ? passed.flatMap((said) => [said, ping]) : passed) {
          writer.watch(Buffer.from(bytes));
        }
        const written = [resume(...sent), ...rest, finish].map((said) => writer.write(said)).join("") + writer.end();
        const blocks = readBlocks(read(passed.join("") + written));
        const join = (kind: string): string => blocks.map((block) => (block.kind === kind ? block.text : "")).join("");
        const said = [...sent, ...rest];
        expect(join("text")).toBe(said.map((one) => (one.type === "text" ? one.text : "")).join(""));
        expect(join("thinking")).toBe(said.map((one) => (one.type === "reasoning" ? one.text : "")).join(""));
        // No seal is for the words of two models.
        for (const { kind, seals } of blocks) expect(seals).toBe(kind === "thinking" ? 1 : 0);
      }),
    );
  });

  const start = (index: number, type: string): string =>
    `event: content_block_start\ndata: {"type":"content_block_start","index":${index},"content_block":{"type":"${type}"}}\n\n`;
  const delta = (index: number, type: string): string =>
    `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}"}}\n\n`;
  const stop = (index: number): string =>
    `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;

  test.each([
    ["text that has begun", [start(4, "text")], "4 text_delta"],
    ["text", [start(4, "text") + delta(4, "text_delta"), ping], "4 text_delta"],
    ["a citation", [delta(2, "citations_delta")], "2 text_delta"],
    ["the end of a block", [delta(2, "text_delta") + stop(2), ping], "3 start, 3 text_delta"],
    ["a vendor's tool that is done", [start(5, "web_search_tool_result"), stop(5)], "6 start, 6 text_delta"],
    ["a thought", [delta(0, "thinking_delta")], "0 signature_delta, 0 stop, 1 start, 1 text_delta"],
    ["a thought that is sealed", [delta(0, "signature_delta")], "0 stop, 1 start, 1 text_delta"],
    ["a hidden thought", [start(0, "redacted_thinking")], "0 stop, 1 start, 1 text_delta"],
  ])("up to %s", (_what, passed, expected) => {
    const writer = create();
    for (const bytes of passed) writer.watch(Buffer.from(bytes));
    const events = read(writer.write(resume()) + writer.write({ type: "text", text: "on" }));
    const told = events.map(({ type, index, delta: added }) => {
      return `${index} ${(added?.["type"] as string | undefined) ?? type.replace("content_block_", "")}`;
    });
    expect(told.join(", ")).toBe(expected);
  });

  test.each([
    ["a call", delta(1, "input_json_delta")],
    ["a vendor's tool", start(1, "server_tool_use")],
    ["what cannot be read", "data: content_block_\n\n"],
  ])("up to %s does not go on", (_what, passed) => {
    const writer = create();
    writer.watch(Buffer.from(passed));
    expect(() => writer.write(resume())).toThrow(expect.objectContaining({ code: "stream_cut" }) as HeadgateError);
  });
});

test("what was written goes on in its block, and the end says which model went on", () => {
  const writer = create();
  const parts: Part[] = [{ type: "text", text: "Hel" }, resume(), { type: "text", text: "lo." }, finish];
  const events = read(parts.map((part) => writer.write(part)).join("") + writer.end());
  expect(readBlocks(events)).toEqual([{ kind: "text", text: "Hello.", seals: 0 }]);
  expect(events.filter(({ headgate }) => headgate !== undefined)).toMatchObject([
    { type: "message_delta", headgate: { rescued: true, model: "steady-1" } },
  ]);
});

test("what another model thinks is a block of its own", () => {
  const writer = create();
  const parts: Part[] = [
    { type: "reasoning", text: "One" },
    resume(),
    { type: "reasoning", text: "Two" },
    { type: "reasoning-block", block: { vendor: "anthropic", text: "Two", signature: "s" } },
    { type: "text", text: "Yes." },
    finish,
  ];
  const blocks = readBlocks(read(parts.map((part) => writer.write(part)).join("") + writer.end()));
  expect(blocks).toEqual([
    { kind: "thinking", text: "One", seals: 1 },
    { kind: "thinking", text: "Two", seals: 1 },
    { kind: "text", text: "Yes.", seals: 0 },
  ]);
});

test("a message that nobody rescued does not speak of it", () => {
  const writer = create();
  expect(writer.write({ type: "text", text: "Hi" }) + writer.write(finish)).not.toContain("headgate");
});
