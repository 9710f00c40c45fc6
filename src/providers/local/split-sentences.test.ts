import { expect, test } from "vitest";
import { splitSentences } from "./split-sentences.ts";

test("abbreviations, initials, decimals and ordinals do not end a sentence", async () => {
  const sentences = [
    "Dr. A. B. Smith paid approx. 3.5 percent more at No. 10.",
    "The U.S. office of Gray Inc. agreed.",
    '"Really?" she asked.',
    "It ended at 5 p.m. that day!",
    "Was it worth it?",
  ];
  expect(await split(sentences.join(" "))).toEqual(sentences);
});

test("wrapped lines are one sentence; list items, headings and blank lines end one", async () => {
  const text =
    "# News\nThe long first line of a paragraph that an editor wrapped goes on\nhere.\n\n- first point\n- second point\n1. third point\n\nEnd";
  expect(await split(text)).toEqual([
    "News",
    "The long first line of a paragraph that an editor wrapped goes on here.",
    "first point",
    "second point",
    "third point",
    "End",
  ]);
});

test("a dateline is kept apart from the sentence after it", async () => {
  expect(await split("PORT ELLERY, 3 March 2026 - The boat sank. Nobody was hurt.")).toEqual([
    "PORT ELLERY, 3 March 2026 -",
    "The boat sank.",
    "Nobody was hurt.",
  ]);
});

test("scripts without spaces end at their own marks", async () => {
  expect(await split("今日は雨です。明日は晴れます。")).toEqual(["今日は雨です。", "明日は晴れます。"]);
});

test("a sentence without an end is cut between words, never inside a character", async () => {
  const pieces = await split(`${"word ".repeat(500)}${"😀".repeat(1_500)}`);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(1_000);
    expect(piece.isWellFormed()).toBe(true);
  }
  expect(pieces[0]).toMatch(/word$/u);
});

async function split(text: string): Promise<string[]> {
  return (await splitSentences(text, async () => {})).map((sentence) => sentence.text);
}
