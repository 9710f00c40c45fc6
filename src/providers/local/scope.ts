import type { Mention } from "./mention.ts";
import type { Field, Meaning } from "./read-field.ts";
import type { Reading } from "./read-text.ts";
import type { Sentence } from "./split-sentences.ts";
import { contentStems } from "./split-words.ts";

/** Where a field is looked for: the whole material, or the sentences that one item of a list stands for. */
export interface Scope {
  readonly reading: Reading;
  /** Indexes of sentences; absent is all of them. */
  readonly within?: ReadonlySet<number>;
  /** What the item stands for, taken by its first field of that meaning. */
  readonly anchor?: { readonly meaning: Meaning; readonly mention: Mention };
}

export function sentencesOf({ reading, within }: Scope): readonly Sentence[] {
  return within ? [...within].map((at) => reading.sentences[at]!) : reading.sentences;
}

/** The scope's mentions: those near the field's own words first, and else in the order of the text. */
export function nearestFirst<Found extends Mention>(
  mentions: readonly Found[],
  field: Field,
  scope: Scope,
): readonly (Found & { readonly nearness: number })[] {
  const wanted = new Map<string, number>();
  for (const stem of field.stems) for (const related of relatedStems.get(stem) ?? []) wanted.set(related, 0.5);
  for (const stem of field.stems) wanted.set(stem, 1);
  return mentions
    .filter((mention) => isIn(mention, scope))
    .map((mention) =>
      Object.assign({}, mention, { nearness: measureNearness(mention, wanted, scope.reading.sentences) }),
    )
    .sort((a, b) => b.nearness - a.nearness);
}

export function isIn(mention: Mention & { readonly sentences?: ReadonlySet<number> }, { within }: Scope): boolean {
  if (!within || within.has(mention.sentence)) return true;
  return mention.sentences !== undefined && haveCommon(within, mention.sentences);
}

export function haveCommon<Value>(a: ReadonlySet<Value>, b: ReadonlySet<Value>): boolean {
  for (const value of a) if (b.has(value)) return true;
  return false;
}

const reachCharacters = 90;

function measureNearness(
  mention: Mention,
  wanted: ReadonlyMap<string, number>,
  sentences: readonly Sentence[],
): number {
  const sentence = sentences[mention.sentence]!;
  if (!sentence.stems.some((stem) => wanted.has(stem))) return 0;
  const end = mention.start + mention.text.length;
  const before = contentStems(
    sentence.text.slice(Math.max(0, mention.start - reachCharacters), mention.start),
  ).toReversed();
  const after = contentStems(sentence.text.slice(end, end + reachCharacters));
  let nearness = 0;
  for (const side of [before, after]) {
    for (const [distance, stem] of side.entries()) nearness += (wanted.get(stem) ?? 0) / (1 + 0.2 * distance);
  }
  return nearness;
}

const relatedStems = new Map(
  [
    "start begin begun launch open from kick",
    "end close until finish conclud through",
    "due deadlin by until payabl latest",
    "publish releas issu publicat announc",
    "event held tak plac conferenc meet festival open",
    "employe staff people worker job team employ",
    "attende visitor participant guest people",
    "total sum altogether overall amount",
    "pric cost fee charg",
    "revenu sal turnover",
    "fund rais invest grant",
    "birth born",
    "found establish start set",
    "effectiv forc appl",
    "sign agreement contract",
  ].map((row) => {
    const stems = row.split(" ");
    return [stems[0]!, stems.slice(1)] as const;
  }),
);
