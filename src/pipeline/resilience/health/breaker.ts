import { RollingSum } from "./rolling-sum.ts";

export type BreakerState = "closed" | "open" | "half-open";

/** `probe`: the one call that finds out whether the deployment is back. */
export type Admission = "yes" | "probe" | "no";

export interface BreakerOptions {
  /** A float in [0, 1): breakers that opened together do not probe together. */
  readonly random: () => number;
  /** Told of each change as it happens. */
  readonly onChange?: (from: BreakerState, to: BreakerState, nowMs: number) => void;
}

const failuresInRow = 5;
const windowSlots = 10;
const windowSlotMs = 1000;
const minResults = 10;
const minFailureRatio = 0.5;
const openMs = 1000;
/** The part of `openMs` that is left to chance. */
const jitter = 0.2;
/** One that hangs, as at a server that took the call before it went down, must not keep the next one from finding it back. */
const maxProbeMs = 1000;
/** A probe may report at any moment: when to look again. */
const probeLookMs = 250;
const maxBenchMs = 60_000;

/**
 * Keeps calls from a deployment that fails: opens at 5 failures in a row, or when half of at least 10 results within 10 s
 * are failures; lets one probe through each second then, and closes when it succeeds.
 */
export class Breaker {
  readonly #random: () => number;
  readonly #onChange: BreakerOptions["onChange"];
  readonly #results = new RollingSum(windowSlots, windowSlotMs);
  readonly #failures = new RollingSum(windowSlots, windowSlotMs);
  #state: BreakerState = "closed";
  #inRow = 0;
  #openUntilMs = 0;
  #benchedUntilMs = 0;
  /** Counts what later results may not speak about: openings, probes, closings. */
  #ticket = 0;
  #firstProbe = 0;
  #probeSinceMs: number | undefined;

  constructor({ random, onChange }: BreakerOptions) {
    this.#random = random;
    this.#onChange = onChange;
  }

  /** What `admit` would say. */
  peek(nowMs: number, mayBeBenched = false): Admission {
    this.#followClock(nowMs);
    if (nowMs < this.#benchedUntilMs && !mayBeBenched) return "no";
    if (this.#state === "closed") return "yes";
    if (this.#state === "open") return nowMs < this.#openUntilMs ? "no" : "probe";
    return this.#hasProbe(nowMs) ? "no" : "probe";
  }

  /**
   * Whether a call may be made; `probe` takes the probe's place, which comes free when it reports, or after 1 s.
   * @param mayBeBenched for a call that nobody else can take
   */
  admit(nowMs: number, mayBeBenched = false): Admission {
    const admission = this.peek(nowMs, mayBeBenched);
    if (admission !== "probe") return admission;
    this.#ticket += 1;
    this.#probeSinceMs = nowMs;
    if (this.#state === "open") {
      this.#firstProbe = this.#ticket;
      this.#become("half-open", nowMs);
    }
    return admission;
  }

  /** Of the call that was admitted last: its results are reported with it, so that late ones do no harm. */
  get ticket(): number {
    return this.#ticket;
  }

  /** Whether results with this ticket still say something of the deployment as it is now. */
  isCurrent(ticket: number): boolean {
    return this.#state === "half-open" ? ticket >= this.#firstProbe : ticket === this.#ticket;
  }

  succeed(ticket: number, nowMs: number): void {
    // That a probe took longer than 1 s makes it no failure.
    if (!this.isCurrent(ticket)) return;
    if (this.#state === "half-open") this.#close(nowMs);
    else if (this.#state === "closed") {
      this.#inRow = 0;
      this.#results.add(1, nowMs);
    }
  }

  /** `hasSucceeded`: the call was reported as a success before, as of a stream that had begun: it stays one result. */
  fail(ticket: number, nowMs: number, hasSucceeded = false): void {
    if (this.#state === "half-open") {
      if (ticket === this.#ticket) this.#open(nowMs);
      return;
    }
    if (this.#state === "open" || ticket !== this.#ticket) return;
    this.#inRow += 1;
    this.#failures.add(1, nowMs);
    if (!hasSucceeded) this.#results.add(1, nowMs);
    const results = this.#results.total(nowMs);
    const isFailing = results >= minResults && this.#failures.total(nowMs) >= minFailureRatio * results;
    if (isFailing || this.#inRow >= failuresInRow) this.#open(nowMs);
  }

  /** The call says nothing of the deployment's health, as one that was cancelled or told 429. */
  ignore(ticket: number): void {
    if (this.#state === "half-open" && ticket === this.#ticket) this.#probeSinceMs = undefined;
  }

  /** No calls until then that another may take, whatever the state, and at most for 60 s; never shortens what was set before. */
  bench(untilMs: number, nowMs: number): void {
    this.#followClock(nowMs);
    this.#benchedUntilMs = Math.max(this.#benchedUntilMs, Math.min(untilMs, nowMs + maxBenchMs));
  }

  state(nowMs: number): BreakerState {
    this.#followClock(nowMs);
    return this.#state === "open" && nowMs >= this.#openUntilMs ? "half-open" : this.#state;
  }

  /** When it is worth asking again; `nowMs` where a call would be admitted now. */
  retryAtMs(nowMs: number): number {
    this.#followClock(nowMs);
    const untilMs = this.#state === "open" ? this.#openUntilMs : this.#hasProbe(nowMs) ? nowMs + probeLookMs : nowMs;
    return Math.max(nowMs, untilMs, this.#benchedUntilMs);
  }

  /** Absent: not benched. */
  benchedUntilMs(nowMs: number): number | undefined {
    this.#followClock(nowMs);
    return nowMs < this.#benchedUntilMs ? this.#benchedUntilMs : undefined;
  }

  get consecutiveFailures(): number {
    return this.#inRow;
  }

  failuresInWindow(nowMs: number): number {
    return this.#failures.total(nowMs);
  }

  resultsInWindow(nowMs: number): number {
    return this.#results.total(nowMs);
  }

  #hasProbe(nowMs: number): boolean {
    return this.#state === "half-open" && this.#probeSinceMs !== undefined && nowMs - this.#probeSinceMs < maxProbeMs;
  }

  #open(nowMs: number): void {
    this.#ticket += 1;
    this.#probeSinceMs = undefined;
    this.#openUntilMs = nowMs + openMs * (1 - jitter * this.#random());
    this.#become("open", nowMs);
  }

  #close(nowMs: number): void {
    this.#ticket += 1;
    this.#probeSinceMs = undefined;
    this.#inRow = 0;
    this.#results.clear();
    this.#failures.clear();
    this.#become("closed", nowMs);
  }

  #become(to: BreakerState, nowMs: number): void {
    const from = this.#state;
    this.#state = to;
    this.#onChange?.(from, to, nowMs);
  }

  /** A clock that was set back by an hour must not keep a deployment away for an hour. */
  #followClock(nowMs: number): void {
    if (this.#openUntilMs > nowMs + openMs) this.#openUntilMs = nowMs + openMs;
    if (this.#benchedUntilMs > nowMs + maxBenchMs) this.#benchedUntilMs = nowMs + maxBenchMs;
    if (this.#probeSinceMs !== undefined && this.#probeSinceMs > nowMs) this.#probeSinceMs = nowMs;
  }
}
