/** How a text at a place compares to a pattern: the index behind it, that the text ends before the pattern does, or neither. */
export type Match = number | "partial" | "none";

/** Compares by code units, taking any stretch of white space for any other and capital letters for small ones. */
export function matchAt(text: string, index: number, pattern: string): Match {
  let at = index;
  let from = 0;
  while (from < pattern.length) {
    if (at === text.length) return "partial";
    if (isSpace(pattern[from]!)) {
      if (!isSpace(text[at]!)) return "none";
      from = skipSpace(pattern, from);
      at = skipSpace(text, at);
    } else {
      if (!isSame(text[at]!, pattern[from]!)) return "none";
      from += 1;
      at += 1;
    }
  }
  return at;
}

function isSpace(character: string): boolean {
  return /\s/.test(character);
}

/** The index of the next character that is no white space, or the length. */
export function skipSpace(text: string, index: number): number {
  let at = index;
  while (at < text.length && isSpace(text[at]!)) at += 1;
  return at;
}

/** True if a word can begin at the index: two letters of a script with spaces are never apart. */
export function isWordStart(text: string, index: number): boolean {
  if (index === 0) return true;
  if (isWithinCharacter(text, index)) return false;
  return !(isSpacedLetter(text[index - 1]!) && isSpacedLetter(text[index]!));
}

/** True if what stands before and behind the index is read as one character. */
export function isWithinCharacter(text: string, index: number): boolean {
  return index > 0 && (isTrailing(text[index]!) || text[index - 1] === joiner);
}

const joiner = "\u200d";

/** Second halves, marks on the letter before, joiners and what picks a variant: they never begin a character. */
function isTrailing(unit: string): boolean {
  return /[\udc00-\udfff]|\p{M}|\u200d|\ufe0f/u.test(unit);
}

/** Letters and digits of scripts that part words by spaces. */
export function isSpacedLetter(character: string): boolean {
  return /[\p{L}\p{N}_]/u.test(character) && !isWide(character);
}

/** Scripts without spaces between words: Han, kana, Thai, Lao, Khmer, Burmese. */
export function isWide(character: string): boolean {
  return /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u3000-\u303f\uff00-\uffef]/u.test(
    character,
  );
}

function isSame(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase();
}
