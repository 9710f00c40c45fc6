import { isStopWord } from "./stop-words.ts";

// The bound keeps a megabyte without a space from becoming one word.
const wordPattern = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|['’-](?=\p{L})|[.,](?=\p{N})){0,63}/gu;
const unspacedScript = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

export interface Word {
  readonly text: string;
  /** Offset in the text that was split. */
  readonly start: number;
}

/** Words as they are written, with their place; scripts without spaces give overlapping pairs of characters. */
export function findWords(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(wordPattern)) {
    if (unspacedScript.test(match[0])) words.push(...pairCharacters(match[0], match.index));
    else words.push({ text: match[0], start: match.index });
  }
  return words;
}

export function splitWords(text: string): string[] {
  return findWords(text).map((word) => word.text.toLowerCase().replaceAll("’", "'"));
}

/** Stems of the words that carry a topic, in order, with repeats. */
export function contentStems(text: string): string[] {
  return splitWords(text)
    .filter((word) => !isStopWord(word) && (word.length > 1 || unspacedScript.test(word)))
    .map(stemWord);
}

/** Folds English endings so that "charge", "charged" and "charges" meet. Rough on purpose: both sides of a comparison go through it. */
export function stemWord(word: string): string {
  let stem = word.toLowerCase().replace(/['’]s?$/u, "");
  if (stem.length < 4 || /\d/u.test(stem)) return stem;
  if (stem.endsWith("ies") && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (stem.endsWith("sses")) stem = stem.slice(0, -2);
  else if (/[^suio]s$/u.test(stem)) stem = stem.slice(0, -1);
  if (stem.endsWith("ing") && hasVowel(stem.slice(0, -3))) stem = undouble(stem.slice(0, -3));
  else if (stem.endsWith("ed") && hasVowel(stem.slice(0, -2))) stem = undouble(stem.slice(0, -2));
  else if (stem.endsWith("ly") && stem.length > 5) stem = stem.slice(0, -2);
  if (stem.length > 3 && stem.endsWith("e")) stem = stem.slice(0, -1);
  return stem;
}

function hasVowel(stem: string): boolean {
  return stem.length > 2 && /[aeiouyäöü]/u.test(stem);
}

function undouble(stem: string): string {
  return /([bdfgmnprt])\1$/u.test(stem) ? stem.slice(0, -1) : stem;
}

function pairCharacters(run: string, start: number): Word[] {
  const characters = Array.from(run);
  if (characters.length === 1) return [{ text: run, start }];
  return characters.slice(0, -1).map((character, at) => ({ text: character + characters[at + 1]!, start: start + at }));
}
