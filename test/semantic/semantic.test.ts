import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { defaultSimilarity } from "../../src/endpoint/to-money.ts";
import { checkEmbedder } from "../../src/pipeline/reuse/semantic/check-embedder.ts";
import { isSameReading, readText } from "../../src/pipeline/reuse/semantic/reading/read-text.ts";
import { createSemanticIndex, maxTextCharacters } from "../../src/pipeline/reuse/semantic/semantic-index.ts";
import { createEmbedder } from "../../src/providers/local/embed.ts";
import { hostilePairs, meanings, paraphrases } from "./pairs/all-pairs.ts";
import { antonyms } from "./pairs/antonyms.ts";

const embedder = createEmbedder({ clock: systemClock });
/** The model's time limit is the index's own test's matter. */
const patientClock = { ...systemClock, sleep: () => new Promise<void>(() => {}) };
const embed = (texts: readonly string[]) => embedder.embed(texts, maxTextCharacters);
afterAll(() => embedder.close());

const isSame = (text: string, other: string): boolean => {
  const reading = readText(text);
  const counterpart = readText(other);
  return reading !== undefined && counterpart !== undefined && isSameReading(reading, counterpart);
};

test("the model that is shipped tells texts apart", async () => {
  await expect(checkEmbedder(embed)).resolves.toBeUndefined();
});

describe("through the index, with the model and the threshold that are shipped", () => {
  const toQuery = (text: string) => ({ tenant: "a", scope: "s", texts: [text] });
  const countHits = async (pairs: typeof paraphrases): Promise<readonly string[]> => {
    const hits: string[] = [];
    for (const { text, other } of pairs) {
      const index = createSemanticIndex({ embed, clock: patientClock });
      index.add(toQuery(text), "answer", Infinity);
      if ((await index.find(toQuery(other), defaultSimilarity)) !== undefined) hits.push(`${text} | ${other}`);
    }
    return hits;
  };

  test("no hostile pair shares an answer", async () => {
    expect(hostilePairs.length).toBeGreaterThanOrEqual(500);
    expect(await countHits(hostilePairs)).toEqual([]);
  });

  test("of the paraphrases, at least as many share an answer as were measured", { timeout: 60_000 }, async () => {
    const hits = { dev: 0, "held-out": 0 };
    for (const part of ["dev", "held-out"] as const)
      hits[part] = (await countHits(paraphrases.filter((pair) => pair.part === part))).length;
    expect(hits.dev).toBeGreaterThanOrEqual(73);
    expect(hits["held-out"]).toBeGreaterThanOrEqual(65);
  });

  test("among all texts at once, each finds only what means the same", { timeout: 60_000 }, async () => {
    const index = createSemanticIndex({ embed, clock: patientClock });
    const wrong: string[] = [];
    for (const [text, meaning] of meanings) {
      const found = await index.find(toQuery(text), defaultSimilarity);
      if (found !== undefined && meanings.get(found) !== meaning) wrong.push(`${text} | ${found}`);
      index.add(toQuery(text), text, Infinity);
    }
    expect(index.size).toBeGreaterThan(1000);
    expect(wrong).toEqual([]);
  });
});

const sayings = paraphrases.flatMap(({ text, other }) => [text, other]);

describe("by the words alone, however near the vectors are", () => {
  test("no hostile pair, short or long, says the same", () => {
    expect(hostilePairs.filter(({ text, other }) => isSame(text, other))).toEqual([]);
  });

  test.each(["not", "never", "no", "only", "almost", "without"])('"%s" anywhere makes another text', (word) => {
    const kept = sayings.flatMap((text) => {
      const words = text.split(" ");
      const changed = Array.from({ length: words.length + 1 }, (_, at) => words.toSpliced(at, 0, word).join(" "));
      return changed.filter((other) => isSame(text, other));
    });
    expect(kept).toEqual([]);
  });

  test("another number makes another text", () => {
    const kept = [...meanings.keys()]
      .filter((text) => text.length <= maxTextCharacters)
      .flatMap((text) =>
        [...text.matchAll(/\d/gu)]
          .map(({ 0: digit, index }) => `${text.slice(0, index)}${(Number(digit) + 1) % 10}${text.slice(index + 1)}`)
          .filter((other) => isSame(text, other)),
      );
    expect(kept).toEqual([]);
  });

  test.each<readonly [string, (word: string) => string]>([
    ["a quality", (word) => `Which item is ${word}?`],
    ["an act", (word) => `How do I ${word} it?`],
    ["an attribute", (word) => `The ${word} item arrived.`],
    ["the first word", (word) => `${word} the items please`],
  ])("no word stands for its opposite as %s", (_, toText) => {
    expect(antonyms.filter(([word, opposite]) => isSame(toText(word), toText(opposite)))).toEqual([]);
  });
});
