import type { Pace } from "./pace-work.ts";
import type { Sentence } from "./split-sentences.ts";
import { contentStems } from "./split-words.ts";

const damping = 0.85;
const rounds = 20;
const openings = /^(?:he|she|it|they|this|that|these|those|but|and|however|also|so|then|his|her|their)\b/iu;
const pleasantries =
  /^(?:hi|hello|hey|dear|thanks|thank you|many thanks|kind regards|best regards|regards|cheers|sincerely)\b/iu;

/**
 * How well each sentence stands for the whole text, 0 to 1: LexRank centrality, an early place, and words of the title.
 * LexRank's matrix of similarities is S·Sᵀ of the sentences' unit word vectors, so a round is two sparse products and
 * costs the words of the text, not the square of its sentences.
 */
export async function rankSentences(
  sentences: readonly Sentence[],
  title: string | undefined,
  pace: Pace,
): Promise<number[]> {
  const vectors = toVectors(sentences);
  const centrality = scaleToOne(await walk(vectors, pace));
  const titleStems = new Set(contentStems(title ?? ""));
  return sentences.map((sentence, at) => {
    const place = 1 / (1 + at / 4);
    const shared = sentence.stems.filter((stem) => titleStems.has(stem)).length;
    const titleOverlap = titleStems.size === 0 ? 0 : Math.min(1, shared / Math.min(4, titleStems.size));
    return (0.5 * centrality[at]! + 0.3 * place + 0.2 * titleOverlap) * judgeShape(sentence);
  });
}

/** The `count` best sentences that do not repeat one another, best first. */
export function selectSentences(sentences: readonly Sentence[], scores: readonly number[], count: number): Sentence[] {
  const candidates = sentences
    .map((sentence) => ({ sentence, score: scores[sentence.index] ?? 0, stems: new Set(sentence.stems), repeat: 0 }))
    .sort((a, b) => b.score - a.score || a.sentence.index - b.sentence.index)
    .slice(0, Math.max(200, count));
  const chosen: Sentence[] = [];
  while (chosen.length < count && candidates.length > 0) {
    let best = 0;
    let bestWorth = -Infinity;
    for (const [at, { score, repeat }] of candidates.entries()) {
      const worth = repeat > 0.8 ? score - 10 : score * (1 - 0.7 * repeat);
      if (worth > bestWorth) [best, bestWorth] = [at, worth];
    }
    const [next] = candidates.splice(best, 1);
    for (const other of candidates) other.repeat = Math.max(other.repeat, shareStems(other.stems, next!.stems));
    chosen.push(next!.sentence);
  }
  return chosen;
}

/** Shared part of the smaller set, 0 to 1. */
function shareStems(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [smaller, larger] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const stem of smaller) if (larger.has(stem)) shared++;
  return smaller.size === 0 ? 0 : shared / smaller.size;
}

type Vector = readonly (readonly [word: number, weight: number])[];

function toVectors(sentences: readonly Sentence[]): Vector[] {
  const sentencesWith = new Map<string, number>();
  for (const { stems } of sentences)
    for (const stem of new Set(stems)) sentencesWith.set(stem, (sentencesWith.get(stem) ?? 0) + 1);
  const ids = new Map([...sentencesWith.keys()].map((stem, id) => [stem, id]));
  return sentences.map(({ stems }) => {
    const counts = new Map<string, number>();
    for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
    const weights = [...counts].map(
      ([stem, count]) => [ids.get(stem)!, count * Math.log(1 + sentences.length / sentencesWith.get(stem)!)] as const,
    );
    const length = Math.hypot(...weights.map(([, weight]) => weight)) || 1;
    return weights.map(([id, weight]) => [id, weight / length] as const);
  });
}

async function walk(vectors: readonly Vector[], pace: Pace): Promise<Float64Array> {
  const count = vectors.length;
  const words = 1 + vectors.flat().reduce((most, [id]) => Math.max(most, id), 0);
  const degree = await multiply(vectors, new Float64Array(count).fill(1), words, pace);
  let rank = new Float64Array(count).fill(1 / Math.max(1, count));
  for (let round = 0; round < rounds; round++) {
    const shares = rank.map((value, at) => (degree[at]! > 0 ? value / degree[at]! : 0));
    const spread = await multiply(vectors, shares, words, pace);
    rank = spread.map((value) => (1 - damping) / count + damping * value);
  }
  return rank;
}

/** S·(Sᵀ·values) without each sentence's likeness to itself. */
async function multiply(
  vectors: readonly Vector[],
  values: Float64Array,
  words: number,
  pace: Pace,
): Promise<Float64Array<ArrayBuffer>> {
  const byWord = new Float64Array(words);
  for (const [at, vector] of vectors.entries()) {
    for (const [word, weight] of vector) byWord[word]! += weight * values[at]!;
    await pace(vector.length);
  }
  return Float64Array.from(vectors, (vector, at) => {
    let sum = 0;
    for (const [word, weight] of vector) sum += weight * byWord[word]!;
    return Math.max(0, sum - (vector.length > 0 ? values[at]! : 0));
  });
}

function scaleToOne(values: Float64Array): Float64Array {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? values : values.map((value) => value / most);
}

function judgeShape({ text, stems, isHeading }: Sentence): number {
  let worth = 1;
  if (isHeading) worth *= 0.3;
  if (stems.length < 4) worth *= 0.4;
  if (text.length > 320) worth *= 0.6;
  if (text.endsWith("?")) worth *= 0.5;
  if (text.endsWith(":")) worth *= 0.4;
  if (/^["“„«]/u.test(text) && /["”“»][.!?]?$/u.test(text)) worth *= 0.6;
  if ((text.match(/"/gu)?.length ?? 0) % 2 === 1) worth *= 0.6;
  if (openings.test(text)) worth *= 0.75;
  if (pleasantries.test(text)) worth *= 0.2;
  return worth;
}
