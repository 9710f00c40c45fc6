import type { Detail } from "./drop-frame.ts";
import { readClause, type ClauseReading } from "./read-clause.ts";
import { splitClauses } from "./split-clauses.ts";

/** What a text says, apart from how. */
export interface Reading {
  /** Equal for texts that say the same, but for the details. */
  readonly key: string;
  readonly clauses: readonly ClauseReading[];
}

/** Undefined for a text that cannot be told apart from others by its English words: of another language, code, or empty. */
export function readText(text: string): Reading | undefined {
  const clauses = splitClauses(text)
    ?.map((clause) => readClause(clause))
    .filter((clause) => clause !== undefined);
  if (clauses === undefined || clauses.length === 0) return undefined;
  return { key: clauses.map(({ key }) => key).join("; "), clauses };
}

/** Two readings of the same key say the same: no detail that both give differs. */
export function isSameReading(a: Reading, b: Reading): boolean {
  return (
    a.key === b.key &&
    a.clauses.every(({ details }, at) =>
      details.every(({ owner, count }, index) => {
        const other = b.clauses[at]!.details[index]!;
        return isOneOwner(owner, other.owner) && isOneCount(count, other.count);
      }),
    )
  );
}

function isOneOwner(a: Detail["owner"], b: Detail["owner"]): boolean {
  return a === undefined || b === undefined || a === b;
}

// "A dog" is any of the dogs, "the dog" is one, and "the dogs" are all that are meant.
function isOneCount(a: Detail["count"], b: Detail["count"]): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  const isDefinite = (count: string): boolean => count.startsWith("the");
  if (a === "many" || b === "many") return isDefinite(a) === isDefinite(b) || "the many" === (a === "many" ? b : a);
  return false;
}
