import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "./clean-text.ts";

test.each([
  ["composes letters and marks", "cafe\u0301", "caf\u00e9"],
  ["drops control characters, but not tabs and line breaks", "a\u0000b\u001bc\td\ne\u0085f", "abc\td\ne\nf"],
  ["turns every kind of line end into one", "a\r\nb\rc\u2028d\ve", "a\nb\nc\nd\ne"],
  ["drops zero-width characters", "pass\u200bword\u2060\ufeff\u00ad", "password"],
  ["drops bidirectional controls", "\u202eabc\u202c \u2066x\u2069\u200f", "abc x"],
  ["drops tag characters", "a\u{e0068}\u{e0069}b", "ab"],
  ["drops lone surrogates and noncharacters", "a\ud800b\udc00c\uffffd", "abcd"],
  ["keeps joined emoji whole", "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}", "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}"],
  [
    "keeps joined emoji with a skin tone whole",
    "\u{1f469}\u{1f3fd}\u200d\u{1f680}",
    "\u{1f469}\u{1f3fd}\u200d\u{1f680}",
  ],
  ["keeps an emoji's variation selector", "\u2764\ufe0f 1\ufe0f\u20e3", "\u2764\ufe0f 1\ufe0f\u20e3"],
  [
    "drops variation selectors that vary nothing, and rows of them",
    "a\ufe0f \u{1f600}\ufe0f\ufe01\u{e0101}\u{e0102}",
    "a \u{1f600}\ufe0f",
  ],
  ["keeps one selector of an ideograph's variant", "\u845b\u{e0100}\u{e0101}", "\u845b\u{e0100}"],
  [
    "keeps non-joiners of Persian",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
  ],
  [
    "keeps joiners of Indic scripts",
    "\u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d",
    "\u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d",
  ],
  ["drops joiners between Latin letters", "a\u200db\u200cc", "abc"],
  [
    "leaves plain text of many scripts alone",
    "Grüße, Привет, 日本語、한국어 — “ok” …",
    "Grüße, Привет, 日本語、한국어 — “ok” …",
  ],
])("%s", (_name, text, expected) => {
  expect(cleanText(text, "keep")).toBe(expected);
});

test("cuts a row of marks that no script has", () => {
  expect(cleanText(`a${"\u0301".repeat(1000)}b`, "keep").length).toBeLessThan(40);
});

test("a megabyte of marks between invisible characters is cleaned in linear time", () => {
  expect(cleanText(`a${"\u0301\u200b\u0327".repeat(350_000)}`, "keep").length).toBeLessThan(40);
});

test("collapses spaces and blank lines and trims the ends", () => {
  expect(cleanText("  a \t b\u00a0\u3000c  \n \n\n\n  d\t\n", "collapse")).toBe("a b c\n\nd");
});

test("keeps spaces and blank lines if it is told so", () => {
  expect(cleanText("  a  b\n\n\n c ", "keep")).toBe("  a  b\n\n\n c ");
});

test("a joiner behind a character that is dropped is dropped with it", () => {
  expect(cleanText("\u180b\u200c", "keep")).toBe("");
  expect(cleanText("\u0301\u0618\u200c", "keep")).toBe("\u0618\u0301");
  expect(cleanText("\u0168\u034f\u0301\u034f", "keep")).toBe("\u1e78");
  expect(cleanText("\u1820\u180b\u200c\u1820", "keep")).toBe("\u1820\u180b\u200c\u1820");
});

const anyText = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0x200b, max: 0x200f }),
    fc.constantFrom(10, 32, 0x301),
  ),
  {
    maxLength: 40,
  },
);

test("cleaning twice changes nothing more, and the result can be written as UTF-8", () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom("collapse" as const, "keep" as const), (units, whitespace) => {
      const once = cleanText(String.fromCharCode(...units), whitespace);
      expect(once.isWellFormed()).toBe(true);
      expect(cleanText(once, whitespace)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});
