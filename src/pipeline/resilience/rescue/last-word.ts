import { isSpacedLetter, skipSpace } from "./fuzzy-match.ts";

/**
 * Whether the text, which follows `sent` after white space, begins with a longer word that begins as the last word of
 * `sent`: "bro" and " brown". `sent` then may have ended within that word. `no` where that last word is known as a word of
 * its own; `unknown` while the text does not tell.
 */
export function mayExtendLastWord(sent: string, text: string): "yes" | "no" | "unknown" {
  const start = skipSpace(text, 0);
  if (start === 0) return "no";
  const last = readWord(sent, startOfLastWord(sent));
  if (last === "") return "no";
  const next = readWord(text, start);
  const isOver = start + next.length < text.length;
  const [lower, nextLower] = [last.toLowerCase(), next.toLowerCase()];
  if (!isOver && lower.startsWith(nextLower)) return "unknown";
  if (nextLower.length <= lower.length || !nextLower.startsWith(lower)) return "no";
  return standsAlone(sent, last) ? "no" : "yes";
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

/** True if the word stands earlier in the text too, with nothing of a word beside it. */
function standsAlone(text: string, word: string): boolean {
  const end = text.length - word.length;
  for (let at = text.indexOf(word); at !== -1 && at < end; at = text.indexOf(word, at + 1)) {
    const isBegin = at === 0 || !isSpacedLetter(text[at - 1]!);
    if (isBegin && !isSpacedLetter(text[at + word.length]!)) return true;
  }
  return false;
}
