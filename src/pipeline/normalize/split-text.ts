import { setImmediate as yieldToOthers } from "node:timers/promises";

/** Cuts text into pieces of at most `maxChars` that add up to it, each ending at the best border near its end. */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = findBorder(text, at, Math.min(text.length, at + maxChars));
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

// The last of each kind in the second half of the piece: a short piece at a good border beats a full one at a bad one.
const borders: readonly RegExp[] = [
  // Ends of paragraphs, of lines, of sentences, of words.
  /\n\n/g,
  /\n/g,
  /[.!?\u2026]["')\]\u201d\u2019]?\s|[\u3002\uff01\uff1f]/g,
  /\s/g,
];

function findBorder(text: string, from: number, limit: number): number {
  if (limit === text.length) return limit;
  const half = from + Math.ceil((limit - from) / 2);
  const window = text.slice(half, limit);
  for (const border of borders) {
    let end = -1;
    for (const match of window.matchAll(border)) end = match.index + match[0].length;
    if (end > 0) return half + end;
  }
  const isInsidePair = (text.charCodeAt(limit) & 0xfc00) === 0xdc00 && limit - 1 > from;
  return isInsidePair ? limit - 1 : limit;
}

export type CountTokens = (text: string) => Promise<number>;

export interface Piece {
  readonly text: string;
  readonly tokens: number;
}

const pieceChars = 800;
/** Counting a megabyte takes 0.2 s; other requests must not wait for all of it. */
const piecesAtOnce = 64;

/** Splits text into pieces with their tokens, none above `maxTokens`: small enough to be packed, large enough to be few. */
export async function measurePieces(text: string, maxTokens: number, countTokens: CountTokens): Promise<Piece[]> {
  return measure(text, pieceChars, maxTokens, countTokens);
}

async function measure(text: string, maxChars: number, maxTokens: number, countTokens: CountTokens): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (const [index, part] of splitText(text, maxChars).entries()) {
    if (index % piecesAtOnce === piecesAtOnce - 1) await yieldToOthers();
    const tokens = await countTokens(part);
    if (tokens <= maxTokens || maxChars <= 2) pieces.push({ text: part, tokens });
    else pieces.push(...(await measure(part, Math.ceil(maxChars / 4), maxTokens, countTokens)));
  }
  return pieces;
}

/** Packs pieces into chunks of at most `maxTokens`, each as full as the next piece allows. */
export function packPieces(pieces: readonly Piece[], maxTokens: number): string[] {
  const chunks: string[] = [];
  let chunk: string[] = [];
  let used = 0;
  for (const piece of pieces) {
    if (used + piece.tokens > maxTokens && chunk.length > 0) {
      chunks.push(chunk.join(""));
      chunk = [];
      used = 0;
    }
    chunk.push(piece.text);
    used += piece.tokens;
  }
  if (chunk.length > 0) chunks.push(chunk.join(""));
  return chunks.map((text) => text.trim()).filter((text) => text !== "");
}
