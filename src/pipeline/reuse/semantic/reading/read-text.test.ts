import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSameReading, readText } from "./read-text.ts";

function isSame(text: string, other: string): boolean {
  const [reading, counterpart] = [readText(text), readText(other)];
  return reading !== undefined && counterpart !== undefined && isSameReading(reading, counterpart);
}

describe("says the same", () => {
  test.each([
    ["Hello! Could you please tell me how to export my data?", "how do i export my data"],
    ["I can't log in to my account.", "I am unable to sign in to my account"],
    ["What is the price of the large rug?", "How much does the big rug cost?"],
    ["In Python, how can I sort a list?", "How do I sort a list in Python?"],
    ["What does force majeure mean?", "What is the meaning of force majeure?"],
    ["I'd like a table for two at 7 pm.", "I want a table for 2 at 19:00."],
    ["Transfer $1,000 to Maria.", "Please transfer 1000 dollars to Maria."],
    ["The bag weighs 10kg.", "The bag weighs 10 kg."],
    ["Who's the owner of the patent?", "Who is the patent owner?"],
    ["I have lost my card.", "I lost my card!"],
    ["Is a room available?", "Are there any rooms?"],
    ["Is my landlord allowed to raise the rent?", "Can my landlord raise the rent?"],
    ["When are you going to call me?", "When will you call me?"],
  ])("%s | %s", (text, other) => {
    expect(isSame(text, other)).toBe(true);
  });
});

describe("says something else", () => {
  test.each([
    ["Is the US market open?", "Is the us market open?"],
    ["Does IT reset passwords?", "Does it reset passwords?"],
    ["My order is not late.", "My order is late."],
    ["Is Polish food good?", "Is polish food good?"],
    ["Look up 'Affect'.", "Look up 'affect'."],
    ["Book plan A.", "Book a plan."],
    ["It opens at 5.", "It opens at 5 pm."],
    ["Version 1.10", "Version 1.1"],
    ["What is 7 - 5?", "What is 7 5?"],
    ["How do I reset his password?", "How do I reset my password?"],
    ["What is your name?", "What is my name?"],
    ["The box was opened.", "The box opened."],
    ["I can't pay. Send help.", "I can't. Pay, send help."],
  ])("%s | %s", (text, other) => {
    expect(isSame(text, other)).toBe(false);
  });
});

test.each(["Wo ist der Bahnhof?", "я не хочу", "x => x + 1", "SELECT * FROM a", "", "?!", "Hi there!", "a[0] = b"])(
  "%j is not read",
  (text) => {
    expect(readText(text)).toBeUndefined();
  },
);

const word = fc.constantFrom(
  ..."how do i the a my not cancel order paid is was lamp 5 7pm Rome to of with , ? . can".split(" "),
);

test("any text of known words is read the same way again, and says the same as itself in other spaces", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      const reading = readText(words.join(" "));
      expect(readText(words.join(" "))).toEqual(reading);
      expect(readText(` ${words.join("  ")} `)).toEqual(reading);
    }),
  );
});

test("no text takes long or fails, whatever it holds", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => void readText(text)));
  expect(readText(`${"'".repeat(300)}${"a ".repeat(300)}`)).toBeDefined();
});
