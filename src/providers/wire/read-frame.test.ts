import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import { createEventFramer } from "./event-framer.ts";
import { readFrame } from "./read-frame.ts";

function readFramed(bytes: Buffer): StreamEvent[] {
  const events: StreamEvent[] = [];
  let isFirst = true;
  const framer = createEventFramer((frame) => {
    const event = readFrame(frame, isFirst);
    isFirst = false;
    if (event) events.push(event);
  });
  framer.feed(bytes);
  return events;
}

function decode(bytes: Buffer): StreamEvent[] {
  const events: StreamEvent[] = [];
  createEventDecoder(({ event, data }) => events.push(event === undefined ? { data } : { event, data })).feed(bytes);
  return events;
}

test.each([
  ["data: a\n\n", [{ data: "a" }]],
  ["data:a\r\ndata:  b\r\n\r\n", [{ data: "a\n b" }]],
  ["\uFEFFevent: x\ndata\nid: 1\nretry: 5\n\n", [{ event: "x", data: "" }]],
  ["event: x\n\n: note\n\ndata: {}\r\r", [{ data: "{}" }]],
  ["event: x\nevent:\ndata: \uFEFF\n\n", [{ data: "\uFEFF" }]],
  ["dataset: a\n\nno colon\n\n", []],
])("%j holds %o", (text, events) => {
  expect(readFramed(Buffer.from(text))).toEqual(events);
});

test("whole frames are read as the decoder of streams reads them", () => {
  const name = fc.constantFrom("data", "event", "id", "retry", "dat", "datas", "Data", "", "漢");
  const value = fc.constantFrom("", "a", " a", "  a", ":", "a: b", "漢字 👩‍🚀", "\uFEFF", "\0", "{}");
  const line = fc.oneof(
    fc.tuple(name, fc.constantFrom(":", ": ", ""), value).map((pieces) => pieces.join("")),
    fc.constantFrom("", "", "data: x"),
  );
  const ended = fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.array(ended, { maxLength: 20 }), fc.boolean(), (lines, hasMark) => {
      const bytes = Buffer.from(`${hasMark ? "\uFEFF" : ""}${lines.join("")}`);
      expect(readFramed(bytes)).toEqual(decode(bytes));
    }),
    { numRuns: 3000 },
  );
});
