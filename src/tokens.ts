type Counter = (text: string) => number;

let counter: Promise<Counter> | undefined;

/**
 * Counts o200k tokens; long texts are counted piece by piece, which may give a token or two per 1000 more.
 * The vocabulary takes 0.3 s and 67 MB to load, so it is loaded at the first use.
 */
export async function countTokens(text: string): Promise<number> {
  counter ??= import("gpt-tokenizer/encoding/o200k_base").then((encoding) => encoding.countTokens);
  const count = await counter;
  let tokens = 0;
  for (let at = 0; at < text.length;) {
    const end = findPieceEnd(text, at);
    tokens += count(text.slice(at, end));
    at = end;
  }
  return tokens;
}

/** True if the text surely has at most `limit` tokens: a token is at least one byte. Spares loading the vocabulary. */
export function surelyFits(text: string, limit: number): boolean {
  return Buffer.byteLength(text) <= limit;
}

// The tokenizer takes quadratic time for a run without a break: 100,000 times the letter a hold the process for 5 s.
const maxPieceChars = 512;

function findPieceEnd(text: string, from: number): number {
  const end = from + maxPieceChars;
  if (end >= text.length) return text.length;
  // A token takes its leading space along, so cutting before a space changes nothing.
  const space = text.slice(from, end + 1).lastIndexOf(" ");
  if (space > maxPieceChars / 2) return from + space;
  const isInsidePair = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isInsidePair ? end - 1 : end;
}
