/** Bounds in code points, as JSON Schema counts them. */
export interface LengthLimits {
  readonly minLength: number;
  readonly maxLength: number;
}

/** Longest text that is made up to meet `minLength`. */
const longestPadded = 100_000;

export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Makes the text fit: cut at a clause or word, then "…"; too short a text gets what `more` offers, then spaces. */
export function fitText(text: string, limits: LengthLimits, more: readonly string[] = []): string {
  let fitted = shortenText(text, limits.maxLength);
  for (const extra of more) {
    if (countCharacters(fitted) >= limits.minLength) break;
    fitted = shortenText(`${fitted} ${extra}`.trim(), limits.maxLength);
  }
  const missing = Math.min(limits.minLength, longestPadded) - countCharacters(fitted);
  return missing > 0 ? fitted + " ".repeat(missing) : fitted;
}

function shortenText(text: string, maxLength: number): string {
  if (countCharacters(text) <= maxLength) return text;
  const plain = text.replaceAll(/ ?\([^()]{0,200}\)/gu, "").trim();
  if (plain !== "" && countCharacters(plain) <= maxLength) return plain;
  const characters = Array.from(plain);
  const room = characters.slice(0, maxLength).join("");
  const clause = cutAt(room, /[,;:–—](?=\s)/gu);
  if (clause !== undefined && clause.length >= 0.6 * room.length) return clause;
  const words = characters.slice(0, Math.max(0, maxLength - 1)).join("");
  const next = characters[Math.max(0, maxLength - 1)] ?? " ";
  const whole = /\s/u.test(next) ? words : words.slice(0, Math.max(0, words.search(/\s\S*$/u)));
  if (whole.trim() !== "")
    return `${whole
      .trim()
      .replace(/[,;:–—-]+$/u, "")
      .trimEnd()}…`;
  return room;
}

function cutAt(text: string, mark: RegExp): string | undefined {
  const last = [...text.matchAll(mark)].at(-1);
  return last && text.slice(0, last.index).trimEnd();
}
