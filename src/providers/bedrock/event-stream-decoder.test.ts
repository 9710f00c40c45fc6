import { createRequire } from "node:module";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StreamEvent } from "../../event-stream.ts";
import { createAwsEventDecoder } from "./event-stream-decoder.ts";
import { toEvent, toException, toFrame, toRawFrame, withChecksums } from "./aws-frames-fixture.ts";

function decode(chunks: readonly Buffer[], maxBytes?: number): StreamEvent[] {
  const events: StreamEvent[] = [];
  const decoder = createAwsEventDecoder((event) => events.push(event), maxBytes);
  for (const chunk of chunks) decoder.feed(chunk);
  decoder.end();
  return events;
}

const hello = toEvent("contentBlockDelta", { delta: { text: "Grüße 漢字 👩‍🚀" } });
const data = JSON.stringify({ delta: { text: "Grüße 漢字 👩‍🚀" } });

test("events, exceptions and errors have their types and payloads", () => {
  const error = { ":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Oops." };
  expect(decode([Buffer.concat([hello, toException("throttlingException", {}), toFrame(error, "")])])).toEqual([
    { event: "contentBlockDelta", data },
    { event: "throttlingException", data: "{}" },
    { event: "error", data: '{"code":"InternalFailure","message":"Oops."}' },
  ]);
});

test("frames of other kinds are passed over, and headers of every type are", () => {
  const type = Buffer.from([1, 97]);
  const others = [
    [0],
    [1],
    [2, 1],
    [3, 1, 2],
    [4, 1, 2, 3, 4],
    [5, 1, 2, 3, 4, 5, 6, 7, 8],
    [6, 0, 2, 9, 9],
    [8, 1, 2, 3, 4, 5, 6, 7, 8],
    [9, ...Array.from({ length: 16 }, () => 7)],
  ].map((bytes) => Buffer.concat([type, Buffer.from(bytes)]));
  const plain = toFrame({ ":message-type": "event", ":event-type": "x" }, "{}");
  const own = plain.subarray(12, 12 + plain.readUInt32BE(4));
  const mixed = toRawFrame(Buffer.concat([...others, own]), Buffer.from("{}"));
  expect(decode([mixed, toFrame({ ":message-type": "new" }, ""), toFrame({}, "")])).toEqual([
    { event: "x", data: "{}" },
  ]);
});

test("half a frame at the end tells nothing", () => {
  expect(decode([Buffer.concat([hello, hello.subarray(0, -1)])])).toHaveLength(1);
  expect(decode([hello.subarray(0, 5)])).toEqual([]);
});

test("a stream that is cut anywhere comes out the same, without a replaced character", () => {
  const type = fc.constantFrom("messageStart", "contentBlockDelta", "metadata");
  const frame = fc.tuple(type, fc.string({ unit: "grapheme", maxLength: 200 }));
  const borders = fc.array(fc.nat(4000), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), borders, (events, cuts) => {
      const bytes = Buffer.concat(events.map(([name, text]) => toEvent(name, { text })));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const found = decode(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
      expect(found).toEqual(events.map(([event, text]) => ({ event, data: JSON.stringify({ text }) })));
    }),
    { numRuns: 10_000 },
  );
}, 60_000);

test("a stream of single bytes comes out the same", () => {
  const bytes = Buffer.concat([hello, hello]);
  expect(decode(Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)))).toEqual(decode([bytes]));
});

describe("breaks the protocol:", () => {
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(hello);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    return bytes;
  };
  const lying = (total: number, headers: number): Buffer => {
    const bytes = toRawFrame(Buffer.alloc(16), Buffer.alloc(32));
    bytes.writeUInt32BE(total, 0);
    bytes.writeUInt32BE(headers, 4);
    return withChecksums(bytes);
  };
  test.each([
    ["a length that changed on the way", flipped(2)],
    ["a prelude's checksum", flipped(9)],
    ["a header", flipped(20)],
    ["a payload", flipped(-10)],
    ["a checksum", flipped(-1)],
    ["headers longer than the frame", lying(64, 60)],
    ["a frame shorter than its prelude", lying(8, 0)],
    ["a header that is cut", toRawFrame(Buffer.from([5, 97]), Buffer.alloc(0))],
    ["a header's value that is cut", toRawFrame(Buffer.from([1, 97, 7, 0, 9, 98]), Buffer.alloc(0))],
    ["a header of an unknown type", toRawFrame(Buffer.from([1, 97, 12, 0]), Buffer.alloc(0))],
    ["a web page", Buffer.from("<!doctype html><html></html>")],
  ])("%s", (_what, bytes) => {
    expect(() => decode([bytes])).toThrow(expect.objectContaining({ code: "provider_protocol" }));
  });

  test("a frame that outgrows the bound, before it is there", () => {
    expect(decode([hello], hello.length)).toHaveLength(1);
    expect(() => decode([hello.subarray(0, 12)], hello.length - 1)).toThrow(/more than \d+ bytes/);
  });
});

test("what AWS's own encoder writes is read", () => {
  interface Codec {
    readonly EventStreamCodec: new (
      toText: (bytes: Uint8Array) => string,
      toBytes: (text: string) => Uint8Array,
    ) => { encode(message: unknown): Uint8Array };
  }
  const load = createRequire(createRequire(import.meta.url).resolve("@ai-sdk/amazon-bedrock"));
  const { EventStreamCodec } = load("@smithy/eventstream-codec") as Codec;
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  const headers = {
    ":message-type": { type: "string", value: "event" },
    ":event-type": { type: "string", value: "contentBlockDelta" },
    flag: { type: "boolean", value: true },
    at: { type: "timestamp", value: new Date(0) },
  };
  const bytes = codec.encode({ headers, body: Buffer.from(data) });
  expect(decode([Buffer.from(bytes)])).toEqual([{ event: "contentBlockDelta", data }]);
});
