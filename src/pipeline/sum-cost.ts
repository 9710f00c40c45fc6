import type { AttemptNote, Call } from "../call.ts";

/** Integer micro-dollars of a model call that has usage, null if its price is unknown. Never rejects. */
export type PriceOf = (attempt: AttemptNote, call: Call) => number | null | Promise<number | null>;

/** What the call's model calls cost; null if the price of any is unknown. One without usage failed before it answered, and costs nothing. */
export async function sumCost(call: Call, priceOf: PriceOf): Promise<number | null> {
  let sum = 0;
  for (const attempt of call.notes.attempts) {
    if (!attempt.usage) continue;
    const price = priceOf(attempt, call);
    const cost = price instanceof Promise ? await price : price;
    if (cost === null) return null;
    sum += cost;
  }
  return sum;
}
