import type { CacheStatus, CallNotes } from "../call.ts";

/** Adds to a call's notes those of a piece of its work that had notes of its own. */
export function joinNotes(whole: CallNotes, part: CallNotes): void {
  const before = whole.attempts.length;
  whole.attempts.push(...part.attempts);
  whole.rungs.push(...part.rungs.map((rung) => ({ ...rung, attempt: rung.attempt + before })));
  addNew(whole.warnings, part.warnings);
  addNew(whole.providerWarnings, part.providerWarnings);
  whole.prompt ??= part.prompt;
  whole.target = part.target ?? whole.target;
  whole.firstPartAtMs ??= part.firstPartAtMs;
  if (part.cache) joinCacheNote(whole, part.cache);
  if (part.holds && part.holds !== whole.holds) joinHolds(whole, part.holds);
}

/** Whoever pays for what was done has what was set aside for it. */
function joinHolds(notes: CallNotes, holds: NonNullable<CallNotes["holds"]>): void {
  notes.holds ??= new Map();
  for (const [account, amount] of holds) notes.holds.set(account, (notes.holds.get(account) ?? 0) + amount);
  holds.clear();
}

/** Notes where an answer, or one of several that it is made of, came from. */
export function joinCacheNote(notes: CallNotes, note: NonNullable<CallNotes["cache"]>): void {
  const { cache } = notes;
  if (!cache) {
    notes.cache = note;
    return;
  }
  const saved = addSaved(cache.saved, note.saved);
  const { status, ageSeconds } = rank[note.status] < rank[cache.status] ? note : cache;
  notes.cache = { status, ...(ageSeconds === undefined ? {} : { ageSeconds }), ...(saved ? { saved } : {}) };
}

/** An answer is what most was done for: made of kept pieces and a new one, it is new. */
const rank: Readonly<Record<CacheStatus, number>> = { miss: 0, bypass: 1, join: 2, semantic: 3, hit: 4, none: 5 };

type Saved = NonNullable<CallNotes["cache"]>["saved"];

function addSaved(one: Saved, other: Saved): Saved {
  if (!one || !other) return one ?? other;
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    // As far as prices are known.
    microUsd: one.microUsd === null ? other.microUsd : one.microUsd + (other.microUsd ?? 0),
  };
}

function addNew(list: string[], more: readonly string[]): void {
  if (list === more) return;
  for (const text of more) if (!list.includes(text)) list.push(text);
}
