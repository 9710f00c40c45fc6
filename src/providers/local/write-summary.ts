import { countCharacters, fitText, type LengthLimits } from "./fit-text.ts";
import { findMainSentences } from "./find-statements.ts";
import { clampCount, readWantedCount, type WantedCount } from "./read-wanted-count.ts";
import type { Scope } from "./scope.ts";
import type { Sentence } from "./split-sentences.ts";
import { splitWords } from "./split-words.ts";

export interface SummaryWish {
  readonly limits: LengthLimits;
  /** Where a length may be asked for, the most binding first: the field's description, then the instructions. */
  readonly hints: readonly string[];
  readonly used: ReadonlySet<number>;
}

/** The main sentences in the order of the text, as many as are asked for and fit. */
export function writeSummary(scope: Scope, wish: SummaryWish): { text: string; sentences: Sentence[] } {
  const wanted = readHint(wish.hints, "sentences?");
  const count = wanted ? clampCount(wanted, scope.reading.sentences.length / 4) : defaultCount(scope);
  const words = readHint(wish.hints, "words")?.atMost ?? Infinity;
  const characters = Math.min(wish.limits.maxLength, readHint(wish.hints, "characters?|chars")?.atMost ?? Infinity);
  const ranked = findMainSentences(scope, count + 6, wish.used).filter(({ text }) => !text.endsWith(":"));
  const chosen: Sentence[] = [];
  for (const sentence of ranked) {
    const isShort = chosen.length < count || countCharacters(joinSentences(chosen)) < wish.limits.minLength;
    if (isShort && fits([...chosen, sentence], words, characters)) chosen.push(sentence);
  }
  const best = chosen.length > 0 ? chosen : ranked.slice(0, 1);
  const ordered = best.sort((a, b) => a.index - b.index);
  const more = ranked.filter((sentence) => !ordered.includes(sentence)).map(({ text }) => text);
  const limits = { ...wish.limits, maxLength: characters };
  return { text: fitText(joinSentences(ordered), limits, more), sentences: ordered };
}

function readHint(hints: readonly string[], unit: string): WantedCount | undefined {
  for (const hint of hints) {
    const wanted = readWantedCount(hint, unit);
    if (wanted && wanted.atMost > 0) return wanted;
  }
  return undefined;
}

function fits(sentences: readonly Sentence[], words: number, characters: number): boolean {
  const text = joinSentences(sentences);
  return countCharacters(text) <= characters && (words === Infinity || splitWords(text).length <= words);
}

function joinSentences(sentences: readonly Sentence[]): string {
  return [...sentences]
    .sort((a, b) => a.index - b.index)
    .map(({ text }) => text)
    .join(" ");
}

function defaultCount({ reading: { sentences } }: Scope): number {
  if (sentences.length > 12) return 3;
  return sentences.length > 4 ? 2 : 1;
}
