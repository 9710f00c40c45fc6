/** Durations in classes of a twentieth, so that a median of millions of calls takes little memory. */
export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(ms: number): void {
    const step = Math.round(Math.log(Math.max(1, ms)) / stepSize);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.#total++;
  }

  /** Within 2.5 %; null of nothing. */
  get medianMs(): number | null {
    let seen = 0;
    for (const [step, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen * 2 >= this.#total) return Math.round(Math.exp(step * stepSize));
    }
    return null;
  }
}

const stepSize = Math.log(1.05);
