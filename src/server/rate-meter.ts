import type { Clock } from "../clock.ts";

/** So many units a window, spread evenly. All of a window's may come at once, and then they come back one by one. */
export interface Rate {
  /** More than 0; may be a fraction. One at least can be taken at once. */
  readonly units: number;
  readonly windowMs: number;
}

/** What is left of a rate for one subject. */
export interface RateLeft {
  /** Whole units; never below 0. */
  readonly units: number;
  /** Until one more is there; 0 if nothing is used. */
  readonly nextMs: number;
  /** Until all are there. */
  readonly fullMs: number;
}

export interface RateMeterOptions {
  readonly clock: Pick<Clock, "now">;
  /** Most subjects that are remembered. @default 100000 */
  readonly maxSubjects?: number;
}

/** How many are looked at for one to forget. */
const maxLooks = 64;
/** What is taken beyond a rate, as by a call that used more than was foreseen, is waited for at most so long. */
const mostDebtMs = 3_600_000;
/** In units: more than rounding adds up to, less than anybody notices. */
const tolerance = 1e-9;

interface Usage {
  /** What was taken and is not back. */
  units: number;
  atMs: number;
  /** When all of it is back. */
  fullAtMs: number;
}

/**
 * Counts by the generic cell rate algorithm, as a meter that what is taken fills and that leaks at the rate. Subjects with
 * nothing taken need not be remembered.
 */
export class RateMeter {
  readonly #clock: RateMeterOptions["clock"];
  readonly #maxSubjects: number;
  readonly #usages = new Map<string, Usage>();
  #seenMs: number;
  #timeMs = 0;

  constructor({ clock, maxSubjects = 100_000 }: RateMeterOptions) {
    this.#clock = clock;
    this.#maxSubjects = maxSubjects;
    this.#seenMs = clock.now();
  }

  get subjects(): number {
    return this.#usages.size;
  }

  /** Milliseconds until the units can be taken; 0: now. More than can ever be there at once can be taken when all are. */
  waitMs(subject: string, rate: Rate, units: number): number {
    const most = toMost(rate);
    return toWaitMs(this.#readUsed(subject, rate) + Math.min(units, most) - most, rate);
  }

  /** Takes units, there or not; gives them back if they are below 0. */
  take(subject: string, rate: Rate, units: number): void {
    const used = this.#readUsed(subject, rate) + units;
    const usage = this.#usages.get(subject);
    if (used <= tolerance) {
      if (usage) this.#usages.delete(subject);
      return;
    }
    const atMs = this.#timeMs;
    const intervalMs = toIntervalMs(rate);
    const kept = Math.min(used, toMost(rate) + mostDebtMs / intervalMs);
    const changed: Usage = { units: kept, atMs, fullAtMs: atMs + kept * intervalMs };
    if (usage) Object.assign(usage, changed);
    else {
      if (this.#usages.size >= this.#maxSubjects) this.#forgetOne();
      this.#usages.set(subject, changed);
    }
  }

  left(subject: string, rate: Rate): RateLeft {
    const used = this.#readUsed(subject, rate);
    const free = toMost(rate) - used;
    const units = Math.max(0, Math.floor(free + tolerance));
    return { units, nextMs: used === 0 ? 0 : toWaitMs(units + 1 - free, rate), fullMs: toWaitMs(used, rate) };
  }

  #readUsed(subject: string, rate: Rate): number {
    this.#readTime();
    const usage = this.#usages.get(subject);
    return usage ? Math.max(0, usage.units - (this.#timeMs - usage.atMs) / toIntervalMs(rate)) : 0;
  }

  // A clock that is set back would lock everyone out for as long.
  #readTime(): void {
    const nowMs = this.#clock.now();
    this.#timeMs += Math.max(0, nowMs - this.#seenMs);
    this.#seenMs = nowMs;
  }

  /** Of the oldest, one that has nothing taken any more; else the one that has it back first. */
  #forgetOne(): void {
    let first: string | undefined;
    let firstMs = Number.POSITIVE_INFINITY;
    let looks = 0;
    for (const [subject, { fullAtMs }] of this.#usages) {
      if (fullAtMs < firstMs) [first, firstMs] = [subject, fullAtMs];
      if (firstMs <= this.#timeMs || ++looks >= maxLooks) break;
    }
    if (first !== undefined) this.#usages.delete(first);
  }
}

function toIntervalMs({ units, windowMs }: Rate): number {
  return windowMs / units;
}

/** Until so many units are back, in whole milliseconds. */
function toWaitMs(units: number, rate: Rate): number {
  return Math.max(0, Math.ceil((units - tolerance) * toIntervalMs(rate)));
}

/** A share of several processes may be less than one. */
function toMost({ units }: Rate): number {
  return Math.max(1, units);
}
