const halfLifeMs = 10_000;

/** How long a deployment takes to begin its answer: an average that rises at once and halves its memory every 10 s. */
export class LatencyMeter {
  #ms: number | undefined;
  #atMs = 0;

  observe(ms: number, nowMs: number): void {
    const value = this.#ms;
    this.#ms = value === undefined || ms >= value ? ms : ms + (value - ms) * weightAfter(nowMs - this.#atMs);
    this.#atMs = nowMs;
  }

  /** Of the last observation; absent: none yet. */
  get ms(): number | undefined {
    return this.#ms;
  }

  /** Falls while nothing is observed, so that a deployment that was slow once is tried again. Absent: nothing observed yet. */
  estimateMs(nowMs: number): number | undefined {
    return this.#ms === undefined ? undefined : this.#ms * weightAfter(nowMs - this.#atMs);
  }
}

function weightAfter(elapsedMs: number): number {
  return elapsedMs <= 0 ? 1 : 2 ** (-elapsedMs / halfLifeMs);
}
