import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEventDecoder, encodeEvent, type StreamEvent } from "../../event-stream.ts";
import { findAfter, numberEvents, readLastEventId } from "./event-ids.ts";

const run = "0123456789ab";

function decode(blocks: readonly Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event));
  for (const block of blocks) decoder.feed(block);
  return events;
}

describe("numbering events", () => {
  test("gives each event of a chunk its own id, from the one asked for", () => {
    const blocks = numberEvents('event: delta\ndata: {"a":1}\n\ndata: b\n\n', { run, number: 7 });
    expect(blocks.map(String)).toEqual([`event: delta\ndata: {"a":1}\nid: ${run}-7\n\n`, `data: b\nid: ${run}-8\n\n`]);
  });

  test("keeps a provider's bytes and texts, whatever ends their lines", () => {
    const chunk = Buffer.from("data: grüße 🙂\r\nid: theirs\r\n\r\ndata: b\r\rdata: c\n\n");
    expect(decode(numberEvents(chunk, { run, number: 1 }))).toMatchObject([
      { data: "grüße 🙂", id: `${run}-1` },
      { data: "b", id: `${run}-2` },
      { data: "c", id: `${run}-3` },
    ]);
  });

  test("leaves comments out, and gives them no number", () => {
    const chunk = ": keep-alive\n\n: one\n: two\n\ndata: a\n\n:\n\ndata: b\n\n";
    expect(decode(numberEvents(chunk, { run, number: 1 }))).toMatchObject([
      { data: "a", id: `${run}-1` },
      { data: "b", id: `${run}-2` },
    ]);
    expect(numberEvents(": keep-alive\n\n", { run, number: 1 })).toEqual([]);
  });

  test("loses no event and no word, and finds what comes after each", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((value) => !value.includes("\0"));
    const events = fc.array(fc.record({ event: fc.constantFrom("a", "b"), data: text }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(events, fc.boolean(), (sent, asBytes) => {
        const chunk = sent.map((event) => encodeEvent(event)).join("");
        const blocks = numberEvents(asBytes ? Buffer.from(chunk) : chunk, { run, number: 1 });
        const expected = decode([Buffer.from(chunk)]);
        expect(decode(blocks).map(({ event, data }) => ({ event, data }))).toEqual(
          expected.map(({ event, data }) => ({ event, data })),
        );
        const body = Buffer.concat(blocks);
        for (let number = 1; number <= blocks.length; number++) {
          const rest = body.subarray(findAfter(body, { run, number }));
          expect(rest).toEqual(Buffer.concat(blocks.slice(number)));
        }
        expect(findAfter(body, { run, number: blocks.length + 1 })).toBeUndefined();
      }),
    );
  });
});

describe("a Last-Event-ID", () => {
  test("names a run and an event", () => {
    expect(readLastEventId(undefined)).toBeUndefined();
    expect(readLastEventId(`${run}-12`)).toEqual({ run, number: 12 });
  });

  test.each(["", "7", "x-1", `${run}-`, `${run}-0`, `${run}--1`, `${run}-1.5`, `${run}-9999999999`])(
    "is refused: %j",
    (header) => {
      expect(() => readLastEventId(header)).toThrow(expect.objectContaining({ code: "request_invalid" }));
    },
  );
});
