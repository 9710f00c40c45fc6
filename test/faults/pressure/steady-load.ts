import { setTimeout as sleep } from "node:timers/promises";

export interface SteadyLoad {
  readonly perSecond: number;
  readonly seconds: number;
}

const tickMs = 5;

/** Begins work at an even rate, whether the earlier is done or not, and resolves with all results when the last one is there. */
export async function applySteadyLoad<Result>(
  { perSecond, seconds }: SteadyLoad,
  begin: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const startedAtMs = performance.now();
  const all = Math.round(perSecond * seconds);
  const results: Promise<Result>[] = [];
  while (results.length < all) {
    const due = Math.min(all, Math.floor(((performance.now() - startedAtMs) / 1000) * perSecond) + 1);
    while (results.length < due) results.push(begin(results.length));
    await sleep(tickMs);
  }
  return Promise.all(results);
}
