import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEventFramer } from "./event-framer.ts";

function frame(chunks: readonly Buffer[]): { readonly frames: string[]; readonly rest: string } {
  const frames: string[] = [];
  const framer = createEventFramer((bytes) => frames.push(bytes.toString("latin1")));
  for (const chunk of chunks) framer.feed(chunk);
  return { frames, rest: framer.takeRest().toString("latin1") };
}

test.each([
  ["LF", "data: a\n\n", "data: b\n: c\n\n"],
  ["CR LF", "data: a\r\n\r\n", "data: b\r\n\r\n"],
  ["CR", "data: a\r\r", "data: b\r\r"],
  ["a mix", "data: a\r\n\n", "data: b\n\r\n"],
])("events end at blank lines of %s", (_name, first, second) => {
  expect(frame([Buffer.from(`${first}${second}half`)])).toEqual({ frames: [first, second], rest: "half" });
});

test("any stream, cut anywhere, comes out whole, in events as many as there are", () => {
  const piece = fc.constantFrom("a", "data: x", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", ": ping");
  const borders = fc.array(fc.nat(200), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), borders, (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(""));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const cut = frame(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
      const whole = frame([bytes]);
      expect(cut.frames.join("") + cut.rest).toBe(bytes.toString());
      expect(cut.frames).toHaveLength(whole.frames.length);
      for (const text of whole.frames) expect(text).toMatch(/^[\r\n]+$|(?:\n|\r)(?:\r\n|\n|\r)$/);
    }),
  );
});
