import { expect, test, vi } from "vitest";
import { createManualClock } from "../../../testing/manual-clock.ts";
import { createSemanticIndex, maxTextCharacters, type Embed, type SemanticIndexOptions } from "./semantic-index.ts";

const how = "How do I reset my password?";
const way = "How can I reset my password?";
const later = Number.MAX_SAFE_INTEGER;

/** Vectors in a plane, by the angle that a text is given; others lie at 0 degrees. */
function embedAt(degrees: Readonly<Record<string, number>>): Embed {
  return async (texts) =>
    texts.map((text) => {
      const angle = ((degrees[text] ?? 0) * Math.PI) / 180;
      return [Math.cos(angle), Math.sin(angle)];
    });
}

function open(options: Partial<SemanticIndexOptions> = {}) {
  const clock = createManualClock();
  return { clock, index: createSemanticIndex({ clock, embed: embedAt({}), ...options }) };
}

function ask(text: string, { tenant = "a", scope = "s" } = {}) {
  return { tenant, scope, texts: [text] };
}

test("a request finds the answer of one that says the same in other words", async () => {
  const { index } = open();
  index.add(ask(how), "k1", later);
  expect(await index.find(ask(way), 0.8)).toBe("k1");
  expect(await index.find(ask("How can I reset my username?"), 0.8)).toBeUndefined();
});

test("a search leaves no timer behind", async () => {
  const { index, clock } = open();
  index.add(ask(how), "k1", later);
  expect(await index.find(ask(way), 0.8)).toBe("k1");
  expect(clock.waiting).toBe(0);
});

test("tenants and scopes never meet", async () => {
  const { index } = open();
  index.add(ask(how), "k1", later);
  expect(await index.find(ask(how, { tenant: "b" }), 0)).toBeUndefined();
  expect(await index.find(ask(how, { scope: "t" }), 0)).toBeUndefined();
  index.forget("b", "k1");
  expect(await index.find(ask(how), 0)).toBe("k1");
});

test("a scope that looks like the end of a reading stays apart", async () => {
  const { index } = open();
  index.add({ tenant: "a", scope: 's","HOW', texts: ["Reset it now."] }, "k1", later);
  expect(await index.find({ tenant: "a", scope: "s", texts: ["How do I", "Reset it now."] }, 0)).toBeUndefined();
});

test("the same words are not enough below the threshold, and the nearest is taken", async () => {
  const also = "How should I reset my password?";
  const { index } = open({ embed: embedAt({ [how]: 40, [also]: 20 }) });
  index.add(ask(how), "far", later);
  expect(await index.find(ask(way), 0.8)).toBeUndefined();
  index.add(ask(also), "near", later);
  expect(await index.find(ask(way), 0.8)).toBe("near");
});

test("each of several texts has to be similar", async () => {
  const { index } = open({ embed: embedAt({ [how]: 40 }) });
  const two = (first: string, second: string) => ({ tenant: "a", scope: "s", texts: [first, second] });
  index.add(two(how, "Please cancel it."), "k1", later);
  expect(await index.find(two(way, "Cancel it please."), 0.8)).toBeUndefined();
  expect(await index.find(two(way, "Cancel it please."), 0.7)).toBe("k1");
  expect(await index.find(two("Cancel it please.", way), 0)).toBeUndefined();
});

test("what has expired or was forgotten is not found, and leaves no trace", async () => {
  const { index, clock } = open();
  index.add(ask(how), "k1", clock.now() + 1000);
  clock.advance(999);
  expect(await index.find(ask(way), 0)).toBe("k1");
  clock.advance(1);
  expect(await index.find(ask(way), 0)).toBeUndefined();
  expect(index.size).toBe(0);
  index.add(ask(how), "k2", later);
  index.forget("a", "k2");
  expect(await index.find(ask(way), 0)).toBeUndefined();
  expect(index.size).toBe(0);
});

test("the model is asked only when the words agree, and once for each kept text", async () => {
  const embed = vi.fn<Embed>(embedAt({}));
  const { index } = open({ embed });
  index.add(ask(how), "k1", later);
  await index.find(ask("Where is my order?"), 0);
  expect(embed).not.toHaveBeenCalled();
  await index.find(ask(way), 0);
  await index.find(ask(way), 0);
  expect(embed.mock.calls).toEqual([[[way, how]], [[way]]]);
});

test("a model that does not answer, answers late or too little is as good as none", async () => {
  const silent = open({ embed: async () => undefined });
  silent.index.add(ask(how), "k1", later);
  expect(await silent.index.find(ask(way), 0)).toBeUndefined();

  const broken = open({ embed: () => Promise.reject(new Error("broken")) });
  broken.index.add(ask(how), "k1", later);
  expect(await broken.index.find(ask(way), 0)).toBeUndefined();

  const short = open({ embed: async () => [[1, 0]] });
  short.index.add(ask(how), "k1", later);
  expect(await short.index.find(ask(way), 0)).toBeUndefined();

  const late = open({ embed: () => new Promise(() => {}) });
  late.index.add(ask(how), "k1", later);
  const found = late.index.find(ask(way), 0);
  late.clock.advance(500);
  expect(await found).toBeUndefined();
});

test("vectors of another length are not similar to anything", async () => {
  let dimensions = 2;
  const { index } = open({ embed: async (texts) => texts.map(() => [1, ...Array<number>(dimensions - 1).fill(0)]) });
  index.add(ask(how), "k1", later);
  expect(await index.find(ask(way), 0.5)).toBe("k1");
  dimensions = 3;
  expect(await index.find(ask(way), 0.5)).toBeUndefined();
});

test("requests beyond a few do not queue for the model", async () => {
  const { index, clock } = open({ embed: () => new Promise(() => {}) });
  index.add(ask(how), "k1", later);
  const waiting = Array.from({ length: 4 }, () => index.find(ask(way), 0));
  expect(await index.find(ask(way), 0)).toBeUndefined();
  clock.advance(500);
  expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined, undefined]);
  expect(clock.waiting).toBe(0);
});

test("an answer that is forgotten while the model works is not found", async () => {
  const { promise, resolve } = Promise.withResolvers<readonly number[][]>();
  const { index } = open({ embed: () => promise });
  index.add(ask(how), "k1", later);
  const found = index.find(ask(way), 0);
  index.forget("a", "k1");
  resolve([
    [1, 0],
    [1, 0],
  ]);
  expect(await found).toBeUndefined();
});

test("texts that are too long, foreign or code are not taken", async () => {
  const { index } = open();
  const long = `Summarize this: ${"the lamp fell and broke. ".repeat(40)}`;
  expect(long.length).toBeGreaterThan(maxTextCharacters);
  for (const text of [long, "Wo ist der Bahnhof?", "if (a && b) return;", ""]) index.add(ask(text), text, later);
  expect(index.size).toBe(0);
});

test("the least recently used go first, and nobody holds more than half", async () => {
  const { index } = open({ maxEntries: 4 });
  index.add(ask("Where is it?", { tenant: "b" }), "b1", later);
  index.add(ask("How do I order 1?"), "a1", later);
  index.add(ask("How do I order 2?"), "a2", later);
  expect(await index.find(ask("How can I order 1?"), 0)).toBe("a1");
  index.add(ask("How do I order 3?"), "a3", later);
  expect(index.size).toBe(3);
  expect(await index.find(ask("How can I order 2?"), 0)).toBeUndefined();
  expect(await index.find(ask("How can I order 1?"), 0)).toBe("a1");
  expect(await index.find(ask("Where is it?", { tenant: "b" }), 0)).toBe("b1");

  index.add(ask("Where is it?", { tenant: "c" }), "c1", later);
  index.add(ask("Where is it?", { tenant: "d" }), "d1", later);
  expect(index.size).toBe(4);
  expect(await index.find(ask("How can I order 3?"), 0)).toBeUndefined();
});

test("bytes are bounded too", () => {
  const { index } = open({ maxBytes: 100_000 });
  for (let at = 0; at < 100; at++) index.add(ask(`How do I order ${at}?`), `k${at}`, later);
  const ofOne = index.size;
  expect(ofOne).toBeGreaterThan(10);
  expect(ofOne).toBeLessThan(25);
  for (const tenant of ["b", "c", "d"])
    for (let at = 0; at < 100; at++) index.add(ask(`How do I order ${at}?`, { tenant }), `k${at}`, later);
  expect(index.size).toBeGreaterThan(ofOne);
  expect(index.size).toBeLessThan(3 * ofOne);
});

test("of answers to the same words, only a few are kept", () => {
  const { index } = open();
  for (let at = 0; at < 20; at++) index.add(ask(how), `k${at}`, later);
  expect(index.size).toBe(8);
  for (let at = 0; at < 5; at++) index.add(ask(way), "k19", later);
  expect(index.size).toBe(8);
});
