/**
 * Puts pieces together, without copying where they are in line. A copy has memory of its own: a part of Node's pool that is
 * kept for a slow reader would hold on to 64 KiB.
 */
export function joinBytes(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  if (!first) return empty;
  if (pieces.length === 1) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (areInLine(pieces)) return Buffer.from(first.buffer, first.byteOffset, length);
  const joined = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

const empty = Buffer.alloc(0);

function areInLine(pieces: readonly Buffer[]): boolean {
  const [first] = pieces;
  let end = first!.byteOffset;
  for (const { buffer, byteOffset, length } of pieces) {
    if (buffer !== first!.buffer || byteOffset !== end) return false;
    end += length;
  }
  return true;
}
