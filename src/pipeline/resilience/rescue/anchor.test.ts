import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findAnchor } from "./anchor.ts";
import { answers, anyAnswer, anyBreak, anyRepetitiveText } from "./broken-answers-fixture.ts";

const anyEmojis = fc
  .array(fc.constantFrom("👩‍👩‍👧‍👦", "🏳️‍🌈", "💃🏽", "e\u0301", "🎉"), { minLength: 10, maxLength: 40 })
  .map((emojis) => emojis.join(""));

test("the anchor ends a text, stands nowhere else in it, and begins with a whole character", () => {
  fc.assert(
    fc.property(fc.oneof(anyAnswer, anyRepetitiveText, anyEmojis), anyBreak, (text, fraction) => {
      const sent = text.slice(0, Math.round(fraction * text.length)).trimEnd();
      const anchor = findAnchor(sent);
      fc.pre(anchor !== undefined);
      expect(sent.endsWith(anchor)).toBe(true);
      expect(sent.indexOf(anchor)).toBe(sent.length - anchor.length);
      expect(anchor).not.toMatch(/^(?:\s|[\udc00-\udfff]|\u200D|\uFE0F|\p{M})/u);
    }),
    { numRuns: 1000 },
  );
});

test("it is about eight words, and more where they stand elsewhere too", () => {
  const { prose } = answers;
  expect(findAnchor(prose)).toBe("boulevards are in flower and the evenings are mild.");
  const refrain = "lo and behold, ".repeat(8);
  expect(findAnchor(`${prose} ${refrain}`)?.length).toBeGreaterThan(refrain.trim().length);
  expect(findAnchor(answers.chinese)).toBe("这座城市以博物馆、咖啡馆和建筑闻名于世。");
});

test("there is none in a text that is too short, or repeats itself over too long a stretch", () => {
  expect(findAnchor("")).toBeUndefined();
  expect(findAnchor("Well, yes.")).toBeUndefined();
  expect(findAnchor("Well, yes, no.")).toBe("Well, yes, no.");
  expect(findAnchor("巴黎是法国")).toBeUndefined();
  expect(findAnchor("巴黎是法国的")).toBe("巴黎是法国的");
  expect(findAnchor("lo and behold, ".repeat(100))).toBeUndefined();
});
