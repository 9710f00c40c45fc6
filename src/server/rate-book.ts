import type { LimitState } from "../contract/limit-state.ts";
import type { RateGauge } from "./rate-gauge.ts";
import type { Rate, RateMeter } from "./rate-meter.ts";

/** What of a limit a request takes. */
export interface RateShare {
  readonly gauge: RateGauge;
  /** Whose, among those of all limits. */
  readonly holder: string;
  units: number;
}

/** Keeps the shares that were taken, on one meter. */
export class RateBook {
  readonly #meter: RateMeter;
  readonly #processes: () => number;

  constructor(meter: RateMeter, processes: () => number) {
    this.#meter = meter;
    this.#processes = processes;
  }

  /** Takes all of the shares, or none; then the one that is missing for the longest is returned. */
  takeAll(
    shares: readonly RateShare[],
  ): { readonly share: RateShare; /** Until it can be taken. */ readonly waitMs: number } | undefined {
    let missing: RateShare | undefined;
    let waitMs = 0;
    for (const share of shares) {
      const shareMs = this.#meter.waitMs(share.holder, this.#rateOf(share), share.units);
      if (shareMs > waitMs) [missing, waitMs] = [share, shareMs];
    }
    if (missing) return { share: missing, waitMs };
    for (const share of shares) this.#meter.take(share.holder, this.#rateOf(share), share.units);
    return undefined;
  }

  /** Has a share that was taken be of so many units. */
  change(share: RateShare, units: number): void {
    this.#meter.take(share.holder, this.#rateOf(share), units - share.units);
    share.units = units;
  }

  readonly toState = (share: RateShare): LimitState => {
    const { rule, unit, limit } = share.gauge;
    const { units: remaining, nextMs, fullMs } = this.#meter.left(share.holder, this.#rateOf(share));
    return { name: `${rule.name}:${unit}`, unit, limit, windowMs: rule.windowMs, remaining, nextMs, fullMs };
  };

  #rateOf({ gauge }: RateShare): Rate {
    return { units: gauge.limit / Math.max(1, this.#processes()), windowMs: gauge.rule.windowMs };
  }
}
