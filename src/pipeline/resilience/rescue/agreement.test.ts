import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createAgreement } from "./agreement.ts";
import { answers, anyAnswer, anyBreak, anyChunks, anyRepetitiveText, chunk, feed } from "./broken-answers-fixture.ts";
import { endsTorn } from "./joint.ts";

const anyText = fc.oneof(anyAnswer, anyRepetitiveText, fc.string({ unit: "binary", maxLength: 60 }));

test("of an answer that says the same, exactly what follows is passed on, wherever it broke and however it comes", () => {
  fc.assert(
    fc.property(anyText, anyBreak, anyChunks, (text, fraction, lengths) => {
      const at = Math.round(fraction * text.length);
      const { text: passed, state } = feed(createAgreement(text.slice(0, at)), chunk(text, lengths));
      expect(passed).toBe(text.slice(at));
      expect(state).toBe("joined");
    }),
    { numRuns: 2000 },
  );
});

test("of an answer that says something else, nothing is passed on", () => {
  fc.assert(
    fc.property(anyText, anyText, anyBreak, anyChunks, (text, other, fraction, lengths) => {
      const sent = text.slice(0, Math.round(fraction * text.length));
      fc.pre(sent.trim() !== "" && !other.trimStart().startsWith(sent.trimStart()));
      const fed = feed(createAgreement(sent), chunk(other, lengths));
      expect(fed).toMatchObject({ text: "", state: "refused" });
    }),
    { numRuns: 2000 },
  );
});

test("it is told as soon as the texts differ, and no later piece changes it", () => {
  const joint = createAgreement("The capital of France is Paris");
  joint.push("The capital");
  expect(joint.state).toBe("open");
  joint.push(" of Spain");
  expect(joint).toMatchObject({ state: "refused", refusal: "diverged" });
  expect(joint.push(answers.prose) + joint.end()).toBe("");
});

test("it is joined with the piece that covers what was sent, and what follows is not held back", () => {
  const joint = createAgreement("The cap");
  expect(joint.push("The capital")).toBe("ital");
  expect(joint).toMatchObject({ state: "joined", proof: "agreement" });
  expect(joint.push(" of")).toBe(" of");
});

test("an answer that ends before it has said all of what was sent does not agree", () => {
  expect(feed(createAgreement("The capital"), ["The cap"])).toEqual({
    text: "",
    state: "refused",
    because: "too-short",
    passed: [],
  });
  // It broke before it could say that it was over.
  expect(feed(createAgreement("Yes."), ["Yes."])).toMatchObject({ text: "", state: "joined" });
});

test.each([
  ["\n\nHello wor", "Hello world", "ld"],
  ["Hello wor", "\n\nHello world", "ld"],
  [" Hello wor", "\n Hello world", "ld"],
  ["\n", "Hello", "Hello"],
  ["\n\n", "\n\n  Hello", "  Hello"],
  ["\n", "", ""],
])("only white space before the first word may differ: %j, then %j", (sent, again, rest) => {
  expect(feed(createAgreement(sent), chunk(again, [1]))).toMatchObject({ text: rest, state: "joined" });
});

test.each([
  ["a  b", "a b c"],
  ["café", "cafe\u0301 au lait"],
  ["Yes", "yes it is"],
  ["it's", "it’s mine"],
])("all else has to be the same: %j is not the beginning of %j", (sent, again) => {
  expect(feed(createAgreement(sent), [again])).toMatchObject({ text: "", because: "diverged" });
});

test("no piece that is passed on ends within a character, unless the answer does", () => {
  fc.assert(
    fc.property(anyAnswer, anyBreak, anyChunks, (text, fraction, lengths) => {
      const at = Math.round(fraction * text.length);
      const { passed } = feed(createAgreement(text.slice(0, at)), chunk(text, lengths));
      expect(passed.filter(endsTorn)).toEqual([]);
    }),
    { numRuns: 500 },
  );
  expect(feed(createAgreement("a"), ["ab\ud83d"]).passed).toEqual(["b", "\ud83d"]);
  expect(feed(createAgreement("a\ud83d"), ["a\ud83d\ude00!"]).text).toBe("\ude00!");
});
