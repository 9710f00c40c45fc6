export interface ConcurrencyLimitOptions {
  /** @default 1024 */
  readonly start?: number;
  /** @default 1 */
  readonly min?: number;
  /** @default 2048 */
  readonly max?: number;
}

/** `overloaded`: the deployment said, or showed, that it has too much to do. `neutral`: nothing can be told from it. */
export type LoadOutcome = "ok" | "overloaded" | "neutral";

const decrease = 0.7;
const decreaseEveryMs = 500;

/**
 * How many calls a deployment may have at work, learnt from how it takes them: less by 30 % on overload, twice a second
 * at most; more by one for each limit's worth of successes while at least half of it is used, and faster than that up to
 * where overload began.
 */
export class ConcurrencyLimit {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #inFlight = 0;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #hasGrown = true;
  /**
   * Up to here it doubles, as TCP does (RFC 5681): an outage takes the limit down to 1, and one more each round would
   * keep the deployment from its load for minutes after.
   */
  #fastUntil = 0;

  constructor({ start = 1024, min = 1, max = 2048 }: ConcurrencyLimitOptions = {}) {
    this.#min = min;
    this.#max = max;
    this.#limit = Math.min(max, Math.max(min, start));
  }

  get hasRoom(): boolean {
    return this.#inFlight < this.limit;
  }

  /** False: no room. Whoever enters leaves, once. */
  tryEnter(): boolean {
    if (!this.hasRoom) return false;
    this.#inFlight += 1;
    return true;
  }

  /** Enters without asking: a probe must not wait for the calls that hang. */
  enter(): void {
    this.#inFlight += 1;
  }

  leave(outcome: LoadOutcome, nowMs: number): void {
    if (outcome === "ok") this.#grow();
    else if (outcome === "overloaded") this.#shrink(nowMs);
    this.#inFlight = Math.max(0, this.#inFlight - 1);
  }

  /** Takes back what was taken since the limit last grew, but for the first step. */
  restore(): void {
    if (!this.#hasGrown) this.#limit = Math.max(this.#limit, this.#fastUntil);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A whole number. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  #grow(): void {
    if (this.#inFlight * 2 < this.limit) return;
    const step = this.#limit < this.#fastUntil ? 1 : 1 / this.#limit;
    this.#limit = Math.min(this.#max, this.#limit + step);
    this.#hasGrown = true;
  }

  #shrink(nowMs: number): void {
    const sinceMs = nowMs - this.#decreasedAtMs;
    // Below zero the clock was set back.
    if (sinceMs >= 0 && sinceMs < decreaseEveryMs) return;
    this.#decreasedAtMs = nowMs;
    this.#limit = Math.max(this.#min, this.#limit * decrease);
    if (this.#hasGrown) this.#fastUntil = this.#limit;
    this.#hasGrown = false;
  }
}
