import { isWide, isWithinCharacter, isWordStart } from "./fuzzy-match.ts";

/** Lengths that are tried in turn, until the words stand nowhere else in the text. */
const lengths = [48, 96, 192, 384, 600];
const wideLengths = [20, 48, 96, 192, 384];
/** A character of a script without spaces says as much as two of others. */
const minWeight = 12;

/**
 * The last words of a text (about eight), by which a model can be told where to go on; without the white space at the end.
 * Undefined where there are too few, or the last 600 characters stand somewhere else in the text as well.
 */
export function findAnchor(sent: string): string | undefined {
  const text = sent.trimEnd();
  const tail = text.slice(-48);
  if (weigh(tail.trimStart()) < minWeight) return undefined;
  for (const length of isMostlyWide(tail) ? wideLengths : lengths) {
    const start = startOfWord(text, text.length - length);
    const anchor = text.slice(start).trimStart();
    if (text.indexOf(anchor) === text.length - anchor.length) return anchor;
    if (start === 0) return undefined;
  }
  return undefined;
}

function startOfWord(text: string, from: number): number {
  for (let at = Math.max(0, from); at > from - 24 && at > 0; at -= 1) if (isWordStart(text, at)) return at;
  return wholeCharacter(text, from);
}

// A word longer than all words is cut, though never within a character.
function wholeCharacter(text: string, from: number): number {
  let at = Math.max(0, from);
  while (isWithinCharacter(text, at)) at -= 1;
  return at;
}

function isMostlyWide(text: string): boolean {
  return Array.from(text).filter(isWide).length * 2 > text.length;
}

/** How much a text tells, in characters of scripts with spaces. */
export function weigh(text: string): number {
  let weight = 0;
  for (const character of text) weight += isWide(character) ? 2 : 1;
  return weight;
}
