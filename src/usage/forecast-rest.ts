import type { UsageRow, UsageSums } from "../store/usage.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const daysOfWeek = 7;
/** To tell a quiet week from one in which nothing was there yet. */
const lookBackDays = 35;

/** What was taken on each of the last days, and for how many of them anything is known. */
export interface RecentDays {
  /** Of seven times 24 hours that end with the last whole hour, the oldest first. */
  readonly amounts: readonly number[];
  /** Of them, from the end: those since the first use. */
  readonly known: number;
}

/** The windows of usage that `readRecentDays` reads. */
export function listRecentDays(nowMs: number): { readonly startsMs: readonly number[]; readonly endMs: number } {
  const endMs = Math.floor(nowMs / hourMs) * hourMs;
  const days = Array.from({ length: daysOfWeek }, (_, index) => endMs - (daysOfWeek - index) * dayMs);
  return { startsMs: [endMs - lookBackDays * dayMs, ...days], endMs };
}

/** @param rows of one name, in the windows of `listRecentDays` */
export function readRecentDays(
  rows: readonly UsageRow[],
  endMs: number,
  amountOf: (sums: UsageSums) => number,
): RecentDays {
  const amounts = Array.from({ length: daysOfWeek }, () => 0);
  let firstMs = endMs;
  for (const row of rows) {
    firstMs = Math.min(firstMs, row.firstMs);
    if (row.window > 0) amounts[row.window - 1]! += amountOf(row);
  }
  return { amounts, known: Math.min(daysOfWeek, Math.floor((endMs - firstMs) / dayMs)) };
}

/**
 * What the time up to `untilMs` will take if each coming 24 hours take what the same of a week before did, and those of
 * which nothing is known take the mean of the others. Null with less than 24 hours to go by.
 */
export function forecastRest({ amounts, known }: RecentDays, nowMs: number, untilMs: number): number | null {
  if (known === 0) return null;
  const mean = amounts.slice(-known).reduce((sum, amount) => sum + amount, 0) / known;
  const days = amounts.map((amount, index) => (index < daysOfWeek - known ? mean : amount));
  let rest = 0;
  for (let day = 0; nowMs + day * dayMs < untilMs; day++) {
    const share = Math.min(1, (untilMs - nowMs) / dayMs - day);
    rest += days[day % daysOfWeek]! * share;
  }
  return Math.round(rest);
}
