import { measurePieces, type CountTokens, type Piece } from "./split-text.ts";

/** Which part of the text is given up. */
export type Cut = "head" | "middle" | "tail";

/** Less of a text says nothing. */
export const leastTextTokens = 16;

const gap = "\n[...]\n";

/** Shortens text to at most `maxTokens`, at borders of sentences or words. What is cut out of the middle is marked. */
export async function truncateText(
  text: string,
  cut: Cut,
  maxTokens: number,
  countTokens: CountTokens,
): Promise<string> {
  // Pieces of a tenth let the cut come close to the limit and still stand at a border.
  const pieces = await measurePieces(text, Math.max(1, Math.floor(maxTokens / 10)), countTokens);
  if (cut === "tail") return join(takeWhileFits(pieces, maxTokens));
  if (cut === "head") return join(takeWhileFits(pieces.toReversed(), maxTokens).toReversed());
  const room = maxTokens - (await countTokens(gap));
  const head = takeWhileFits(pieces, Math.ceil(room / 2));
  const tail = takeWhileFits(pieces.slice(head.length).toReversed(), room - sum(head)).toReversed();
  return `${join(head)}${gap}${join(tail)}`;
}

function takeWhileFits(pieces: readonly Piece[], maxTokens: number): Piece[] {
  let used = 0;
  const end = pieces.findIndex((piece) => (used += piece.tokens) > maxTokens);
  return pieces.slice(0, end === -1 ? pieces.length : end);
}

function sum(pieces: readonly Piece[]): number {
  return pieces.reduce((total, piece) => total + piece.tokens, 0);
}

function join(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => piece.text)
    .join("")
    .trim();
}
