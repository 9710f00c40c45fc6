const minRetries = 3;
const shareOfActive = 0.2;

/** Keeps retries from becoming the load: at most 20 % of the calls at work may be retrying, or 3 where that is more. */
export class RetryBudget {
  #active = 0;
  #retries = 0;

  /** A call has begun. */
  enter(): void {
    this.#active += 1;
  }

  /** The call is over. */
  leave(): void {
    this.#active = Math.max(0, this.#active - 1);
  }

  /** Whether one more retry may be made now; `give` it back when it is over, wait and all. */
  take(): boolean {
    if (this.#retries >= this.limit) return false;
    this.#retries += 1;
    return true;
  }

  give(): void {
    this.#retries = Math.max(0, this.#retries - 1);
  }

  get active(): number {
    return this.#active;
  }

  get retries(): number {
    return this.#retries;
  }

  get limit(): number {
    return Math.max(minRetries, Math.floor(this.#active * shareOfActive));
  }
}
