import * as fc from "fast-check";
import { expect, test } from "vitest";
import { packPieces, measurePieces, splitText } from "./split-text.ts";
import { truncateText } from "./truncate-text.ts";

// One token a word, so that expectations can be counted by hand.
const countWords = async (text: string): Promise<number> => text.match(/\S+/g)?.length ?? 0;

const sentences = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index}.`);
const text = sentences.join(" ");

test("cutting the tail keeps the beginning, up to the end of a sentence or word", async () => {
  const cut = await truncateText(text, "tail", 50, countWords);
  expect(text.startsWith(cut)).toBe(true);
  expect(cut).toMatch(/\S$/);
  expect(text[cut.length]).toBe(" ");
  expect(await countWords(cut)).toBeLessThanOrEqual(50);
  expect(await countWords(cut)).toBeGreaterThan(40);
});

test("cutting the head keeps the end", async () => {
  const cut = await truncateText(text, "head", 50, countWords);
  expect(text.endsWith(cut)).toBe(true);
  expect(await countWords(cut)).toBeLessThanOrEqual(50);
  expect(await countWords(cut)).toBeGreaterThan(40);
});

test("cutting the middle keeps both ends and marks the gap", async () => {
  const cut = await truncateText(text, "middle", 50, countWords);
  const [head, tail, ...rest] = cut.split("\n[...]\n");
  expect(rest).toEqual([]);
  expect(text.startsWith(head!)).toBe(true);
  expect(text.endsWith(tail!)).toBe(true);
  expect(head).not.toBe("");
  expect(tail).not.toBe("");
  expect(await countWords(cut)).toBeLessThanOrEqual(50);
});

test("pieces end at the end of a paragraph if there is one, else of a sentence, else of a word", () => {
  expect(splitText("one two.\n\nthree four five", 15)[0]).toBe("one two.\n\n");
  expect(splitText("one two three. four five six", 20)[0]).toBe("one two three. ");
  expect(splitText("onetwothree fourfivesix", 15)[0]).toBe("onetwothree ");
});

test("splitting loses nothing, keeps to the limit and cuts no surrogate pair", () => {
  const anyText = fc.string({ unit: fc.constantFrom("a", " ", ". ", "\n\n", "\u{1f600}", "\u3002"), maxLength: 200 });
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 50 }), (whole, maxChars) => {
      const pieces = splitText(whole, maxChars);
      expect(pieces.join("")).toBe(whole);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(maxChars);
        expect(piece.isWellFormed()).toBe(true);
      }
    }),
  );
});

test("chunks keep to the limit and hold every word in order", async () => {
  const pieces = await measurePieces(text, 30, countWords);
  const chunks = packPieces(pieces, 30);
  for (const chunk of chunks) expect(await countWords(chunk)).toBeLessThanOrEqual(30);
  expect(chunks.join(" ").split(/\s+/)).toEqual(text.split(/\s+/));
});

test("a run without any border is cut by its tokens", async () => {
  const countChars = async (run: string): Promise<number> => run.length;
  const chunks = packPieces(await measurePieces("x".repeat(1000), 64, countChars), 64);
  expect(chunks.join("")).toBe("x".repeat(1000));
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(64);
});
