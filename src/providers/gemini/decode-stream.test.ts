import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createStreamDecoder } from "./decode-stream.ts";

function decode(body: Buffer, sizes: readonly number[]): string[] {
  const found: string[] = [];
  const decoder = createStreamDecoder(({ data }) => found.push(data));
  let at = 0;
  for (let turn = 0; at < body.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    decoder.feed(body.subarray(at, at + size));
    at += size;
  }
  decoder.end();
  return found;
}

const lineEnds = ["\n", "\r\n", "\r"];
const bare = '{\n  "error": {\n    "message": "Zu viel 👩‍🚀"\n  }\n}\n';

test("events and the JSON after them come out the same, however the bytes are cut and the lines end", () => {
  const chunkings = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(chunkings, fc.constantFrom(...lineEnds), fc.boolean(), (sizes, lineEnd, hasBare) => {
      const text = `data: {"a":"é"}\n\n: ping\n\ndata: 漢\ndata: 字\n\n${hasBare ? bare : ""}`;
      const found = decode(Buffer.from(text.replaceAll("\n", lineEnd)), sizes);
      const end = hasBare ? [bare.trim().replaceAll("\n", lineEnd)] : [];
      expect(found).toEqual(['{"a":"é"}', "漢\n字", ...end]);
    }),
    { numRuns: 500 },
  );
});

test("a list of pieces instead of events is one event, blank lines and all", () => {
  const list = '[{"a":1}\n\n,\r\n\r\n{"b":2}]';
  expect(decode(Buffer.from(list), [3])).toEqual([list]);
});

test("an event without its closing line is delivered at the end", () => {
  expect(decode(Buffer.from('data: {"a":1}'), [4])).toEqual(['{"a":1}']);
});

test("nothing is nothing", () => {
  expect(decode(Buffer.from("\n\n"), [1])).toEqual([]);
  expect(decode(Buffer.alloc(0), [1])).toEqual([]);
});
