/** The known name that a mistyped one most likely means: at most a third of its letters differ. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const ranked = [...known]
    .map((candidate) => ({ candidate, distance: editDistance(fold(name), fold(candidate)) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3)),
    )
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** A clause for the end of a message: ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}

/** Like `didYouMean`, and otherwise says what there is to choose from. */
export function suggestName(name: string, known: Iterable<string>): string {
  const names = [...known];
  const meant = didYouMean(name, names);
  if (meant !== "") return meant;
  return names.length === 0 ? "" : ` Known: ${names.slice(0, maxListed).join(", ")}.`;
}

const maxListed = 20;

// `max_output_tokens` and `maxOutputTokens` differ only in habit.
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

// Optimal string alignment: two swapped letters, the commonest slip, count as one. Names longer than any of ours are not
// worth measuring.
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return a === b ? 0 : 64;
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let at = 1; at <= a.length; at++) {
    const [twoAbove, oneAbove] = [above, row];
    row = [at];
    for (let to = 1; to <= b.length; to++) {
      const replaced = oneAbove[to - 1]! + (a[at - 1] === b[to - 1] ? 0 : 1);
      const isSwap = at > 1 && to > 1 && a[at - 1] === b[to - 2] && a[at - 2] === b[to - 1];
      const swapped = isSwap ? twoAbove[to - 2]! + 1 : Infinity;
      row.push(Math.min(replaced, swapped, oneAbove[to]! + 1, row[to - 1]! + 1));
    }
    above = oneAbove;
  }
  return row[b.length]!;
}
