import { isSpacedLetter, skipSpace } from "./fuzzy-match.ts";

/**
 * Whether the text, which follows `sent` after white space, can begin so. `doubtful`: with the last word of `sent` once
 * more, or with a longer word that begins like it ("bro" and " brown"), so that `sent` may have ended within that word. What
 * `sent` itself shows to be meant is no doubt: the last word as a word of its own, or twice in a row. `unknown` while the
 * text does not tell.
 *
 * @param isEnded the last word is known to be over
 */
export function judgeNextWord(sent: string, text: string, isEnded: boolean): "fits" | "doubtful" | "unknown" {
  const start = skipSpace(text, 0);
  const last = readWord(sent, startOfLastWord(sent)).toLowerCase();
  if (last === "" || start === 0) return "fits";
  const next = readWord(text, start).toLowerCase();
  const isRead = start + next.length < text.length;
  if (!isRead && last.startsWith(next)) return "unknown";
  if (next === last) return standsIn(sent, last, true) ? "fits" : "doubtful";
  if (isEnded || !next.startsWith(last)) return "fits";
  return standsIn(sent, last, false) ? "fits" : "doubtful";
}

function startOfLastWord(text: string): number {
  let at = text.length;
  while (at > 0 && isSpacedLetter(text[at - 1]!)) at -= 1;
  return at;
}

function readWord(text: string, start: number): string {
  let at = start;
  while (at < text.length && isSpacedLetter(text[at]!)) at += 1;
  return text.slice(start, at);
}

/** True if the word stands in the text before its end, twice in a row or by itself. */
function standsIn(text: string, word: string, isTwice: boolean): boolean {
  const lower = text.toLowerCase();
  const end = lower.length - word.length;
  for (let at = lower.indexOf(word); at !== -1 && at < end; at = lower.indexOf(word, at + 1)) {
    const behind = at + word.length;
    const isWord = (at === 0 || !isSpacedLetter(lower[at - 1]!)) && !isSpacedLetter(lower[behind]!);
    if (!isWord) continue;
    const next = skipSpace(lower, behind);
    if (!isTwice || (next > behind && readWord(lower, next) === word)) return true;
  }
  return false;
}
