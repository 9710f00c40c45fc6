/** A clause for the end of a message: ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}

function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let nearest: string | undefined;
  let nearestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(fold(name), fold(candidate));
    if (distance < nearestDistance) [nearest, nearestDistance] = [candidate, distance];
  }
  return nearest;
}

// `max_output_tokens` and `maxOutputTokens` differ only in habit.
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

// Counts two swapped neighbours as one mistake.
function editDistance(left: string, right: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let at = 1; at <= left.length; at++) {
    const next = [at];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[at - 1] === right[column - 1];
      const isSwap = at > 1 && column > 1 && left[at - 1] === right[column - 2] && left[at - 2] === right[column - 1];
      const substitution = row[column - 1]! + (isSame ? 0 : 1);
      const swap = isSwap ? previous[column - 2]! + 1 : Infinity;
      next.push(Math.min(substitution, swap, row[column]! + 1, next[column - 1]! + 1));
    }
    [previous, row] = [row, next];
  }
  return row[right.length]!;
}
