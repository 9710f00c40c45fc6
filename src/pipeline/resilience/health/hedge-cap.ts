import { RollingSum } from "./rolling-sum.ts";

const slotMs = 60_000;
/** The running minute and the 60 before it: no hour is ever left out in part. */
const slots = 61;

/** What hedges may cost in any hour. */
export class HedgeCap {
  readonly #spent = new RollingSum(slots, slotMs);

  /** Takes what a hedge may cost, if the hour's `maxMicroUsd` has room for it. */
  tryTake(costMicroUsd: number, nowMs: number, maxMicroUsd: number): boolean {
    // Written so that NaN, a price that nobody knows, takes nothing.
    if (!(costMicroUsd >= 0 && this.#spent.total(nowMs) + costMicroUsd <= maxMicroUsd)) return false;
    this.#spent.add(costMicroUsd, nowMs);
    return true;
  }

  /** Gives back what a hedge that was taken at `takenAtMs` did not cost. */
  refund(costMicroUsd: number, takenAtMs: number, nowMs: number): void {
    if (costMicroUsd > 0) this.#spent.takeBack(costMicroUsd, takenAtMs, nowMs);
  }

  spentMicroUsd(nowMs: number): number {
    return this.#spent.total(nowMs);
  }
}
