import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readIdempotencyKey } from "./read-idempotency-key.ts";

const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";

describe("an Idempotency-Key", () => {
  test.each([
    ["a UUID, quoted", `"${uuid}"`, uuid],
    ["a UUID, bare", uuid, uuid],
    ["one character", "a", "a"],
    ["one character, quoted", '"a"', "a"],
    ["blanks around it", `  "${uuid}"  `, uuid],
    ["blanks within quotes", '"a b"', "a b"],
    ["only blanks within quotes", '" "', " "],
    ["all that is special, within quotes", '",;=()@:?%"', ",;=()@:?%"],
    ["an escaped quote", '"b \\" a"', 'b " a'],
    ["an escaped backslash", '"\\\\"', "\\"],
    ["both, side by side", '"\\\\\\""', '\\"'],
    ["what other APIs' keys are made of", "order:123/4.5+6=_~!", "order:123/4.5+6=_~!"],
    ["single quotes are characters", "'a'", "'a'"],
    ["255 characters", "k".repeat(255), "k".repeat(255)],
    ["255 characters, each escaped", `"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
  ])("%s", (_what, header, key) => {
    expect(readIdempotencyKey(header)).toBe(key);
  });

  test.each([
    ["nothing", ""],
    ["blanks", "   "],
    ["an empty text", '""'],
    ["256 characters", "k".repeat(256)],
    ["256 characters, quoted", `"${"k".repeat(256)}"`],
    ["a quote that does not end", '"a'],
    ["a quote that does not begin", 'a"'],
    ["a quote within", 'a"b'],
    ["a quote within quotes", '"a"b"'],
    ["an escape that is none", '"\\a"'],
    ["an escape at the end", '"a\\"'],
    ["a backslash without quotes", "a\\b"],
    ["two keys", '"a", "b"'],
    ["two bare keys", "a, b"],
    ["two keys without a blank", "a,b"],
    ["a parameter", '"a";b=1'],
    ["a parameter of a bare key", "a;b"],
    ["a blank within", "a b"],
    ["a tab within quotes", '"a\tb"'],
    ["a control character", '"a\u0000b"'],
    ["what is no ASCII", '"füü"'],
    ["what is no ASCII, bare", "füü"],
  ])("is refused: %s", (_what, header) => {
    expect(() => readIdempotencyKey(header)).toThrow(expect.objectContaining({ code: "idempotency_key_invalid" }));
  });

  test("sent twice is refused", () => {
    expect(() => readIdempotencyKey(["a", "b"])).toThrow(expect.objectContaining({ code: "idempotency_key_invalid" }));
  });

  test("of any printable text comes back from its quoted form", () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 255,
    });
    fc.assert(
      fc.property(printable, (key) => {
        expect(readIdempotencyKey(`"${key.replaceAll(/["\\]/g, "\\$&")}"`)).toBe(key);
      }),
    );
  });
});
