import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEventDecoder, encodeEvent, type StreamEvent } from "./event-stream.ts";
import type { HeadgateError } from "./errors.ts";

function decode(chunks: readonly Uint8Array[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event));
  for (const chunk of chunks) decoder.feed(chunk);
  decoder.end();
  return events;
}

function cut(bytes: Uint8Array, borders: readonly number[]): Uint8Array[] {
  const at = [0, ...borders.map((border) => border % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const line = fc.string({ unit: fc.constantFrom("a", "ü", "漢", "👩‍🚀", ":", " ", "{", '"'), maxLength: 12 });
const newline = fc.constantFrom("\n", "\r\n", "\r");

describe("createEventDecoder", () => {
  test("any chunking of the same bytes gives the same events", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, line), { maxLength: 6 }),
        newline,
        fc.array(fc.nat(), { maxLength: 20 }),
        (events, end, borders) => {
          const text = events
            .map(([event, data]) => `: ping${end}event: ${event}${end}data: ${data}${end}data: ${data}${end}${end}`)
            .join("");
          const bytes = Buffer.from(text);
          const whole = decode([bytes]);
          expect(whole.map(({ data }) => data)).toEqual(
            events.map(
              ([, data]) => `${data}
${data}`,
            ),
          );
          expect(decode(cut(bytes, borders))).toEqual(whole);
          expect(decode([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
        },
      ),
    );
  });

  test("comments and a byte order mark are skipped", () => {
    expect(decode([Buffer.from("\uFEFF: hello\n\ndata: x\n\n")])).toMatchObject([{ data: "x" }]);
  });

  test("a last event without its blank line is delivered at the end", () => {
    expect(decode([Buffer.from("data: x")])).toMatchObject([{ data: "x" }]);
    expect(decode([Buffer.from("data: x\n")])).toMatchObject([{ data: "x" }]);
  });

  test("an event that outgrows the bound is refused and not buffered", () => {
    const decoder = createEventDecoder(() => {}, 1000);
    expect(() => {
      for (let index = 0; index < 100; index++) decoder.feed(Buffer.from(index === 0 ? "data: x" : "x".repeat(20)));
    }).toThrow(expect.objectContaining({ code: "provider_protocol" }) as HeadgateError);
  });
});

describe("encodeEvent", () => {
  test("what is encoded decodes to the same event", () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 5 }),
        fc.option(fc.constantFrom("delta", "done"), { nil: undefined }),
        (lines, event) => {
          const data = lines.join("\n");
          expect(decode([Buffer.from(encodeEvent({ event, data, id: "7" }))])).toEqual([{ event, data, id: "7" }]);
        },
      ),
    );
  });

  test("a carriage return in data cannot forge a field", () => {
    expect(decode([Buffer.from(encodeEvent({ data: "a\rdata: b\r\nevent: c" }))])).toEqual([
      { data: "a\ndata: b\nevent: c", event: undefined, id: undefined },
    ]);
  });
});
