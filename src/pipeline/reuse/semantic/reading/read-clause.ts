import { dropFrame, type Detail } from "./drop-frame.ts";
import { findKind } from "./find-kind.ts";
import { joinCompounds } from "./join-compounds.ts";
import { toPlainTokens } from "./plain-tokens.ts";
import type { Clause } from "./token.ts";

/** What a clause says, apart from how. */
export interface ClauseReading {
  /** Equal for clauses that say the same, but for the details. */
  readonly key: string;
  /** One for each word of the matter. */
  readonly details: readonly Detail[];
}

/** Undefined for a clause that says nothing, such as a greeting. */
export function readClause({ tokens, isQuestion }: Clause): ClauseReading | undefined {
  const { kind, rest } = findKind(toPlainTokens(tokens), isQuestion);
  const { words, tenses } = dropFrame(rest, kind);
  if (words.length === 0 && kind === "") return undefined;
  const ordered = joinCompounds(words);
  return {
    key: [...tenses, kind, ...ordered.map(({ text }) => text)].join(" "),
    details: ordered.map(({ owner, count }) => ({ owner, count })),
  };
}
