import type { CalendarWindow } from "../../calendar-window.ts";
import type { Budget } from "../../endpoint/snapshot.ts";
import type { BudgetAccount, BudgetUnit, LeaseAnswer, LeaseRequest } from "../../store/store.ts";

/** One window of one budget of one subject, as this process knows it. Amounts are whole micro-dollars or tokens. */
export class Account {
  /** A project that is reloaded may change its limit and what happens beyond. */
  budget: Budget;
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly window: CalendarWindow;
  /** What the process may spend without asking: its lease. */
  #granted = 0;
  /** What calls have cost whose records are not in the store yet; part of the lease. */
  #settled = 0;
  /** What calls under way may cost at most; part of the lease. */
  #reserved = 0;
  /** By all processes, as far as the store has told. */
  #spent = 0;
  /** Held by other processes, as the store has last told. */
  #heldByOthers = 0;
  /** Calls of other processes wait for a part of it. */
  isWantedByOthers = false;
  /** The store had not enough for the call that waits longest. */
  wasRefused = false;
  /** The store had less than was asked for. */
  isShort = false;
  /** False until the store has answered. */
  isKnown = false;
  /** The store was asked, and has not answered yet, or never will. */
  isAsking = false;
  #asked = { need: 0, more: 0, returned: 0 };
  #hasStoredSince = false;
  usedAtMs = Number.NEGATIVE_INFINITY;
  readonly waiters: Waiter[] = [];

  constructor({ budget, subject, unit, window }: Pick<Account, "budget" | "subject" | "unit" | "window">) {
    this.budget = budget;
    this.subject = subject;
    this.unit = unit;
    this.window = window;
  }

  get limit(): number {
    return (this.unit === "microUsd" ? this.budget.microUsd : this.budget.tokens) ?? 0;
  }

  get name(): BudgetAccount {
    const { startMs, endMs } = this.window;
    return {
      budget: this.budget.name,
      subject: this.subject,
      unit: this.unit,
      windowStartMs: startMs,
      windowEndMs: endMs,
    };
  }

  get lease(): number {
    return this.#granted;
  }

  get available(): number {
    return this.#granted - this.#settled - this.#reserved;
  }

  get reserved(): number {
    return this.#reserved;
  }

  /** Of all that is known, the cost of calls that are over. */
  get spent(): number {
    return this.#spent + this.#settled;
  }

  /** What is left of the limit once all that is known to be spent is. */
  get left(): number {
    return this.limit - this.spent;
  }

  /** What nobody has spent or set aside, as far as is known. */
  get free(): number {
    return this.left - this.#reserved - this.#heldByOthers;
  }

  get isIdle(): boolean {
    return this.#settled === 0 && this.#reserved === 0 && this.waiters.length === 0;
  }

  reserve(amount: number): void {
    this.#reserved += amount;
  }

  release(amount: number): void {
    this.#reserved -= amount;
  }

  settle(amount: number): void {
    this.#settled += amount;
  }

  /** The records of calls that cost so much are in the store now. @param taken of the lease */
  store(amount: number, taken: number, origin: "own" | "adopted"): void {
    this.#spent += amount;
    this.#hasStoredSince = true;
    if (origin === "own") this.#settled = Math.max(0, this.#settled - amount);
    this.#granted -= taken;
  }

  /** Records that cost so much are in the store, which has taken it from the lease and added it to what is spent. */
  forget(amount: number): void {
    this.#settled = Math.max(0, this.#settled - amount);
    this.#granted -= Math.min(amount, this.#granted);
  }

  /** The store is being asked. What is given back may be another's before the answer comes: it is spent no more. */
  ask({ need, slack }: Pick<LeaseRequest, "need" | "slack">): void {
    this.#asked = { need, more: Math.max(0, slack), returned: Math.max(0, -slack) };
    this.#granted -= this.#asked.returned;
    this.#hasStoredSince = false;
    this.isAsking = true;
  }

  /** What the store has answered to `ask`. */
  learn({ granted, spent, held, wantedByOthers }: LeaseAnswer): void {
    const { need, more, returned } = this.#asked;
    const got = granted + returned;
    this.isAsking = false;
    this.wasRefused = need > 0 && got < need;
    this.isShort = got < need + more;
    this.#granted += got;
    // What was stored while the store was being asked may be told already, or not yet.
    this.#spent = this.#hasStoredSince ? Math.max(this.#spent, spent) : spent;
    this.#heldByOthers = Math.max(0, held - this.#granted);
    this.isWantedByOthers = wantedByOthers > 0;
    this.isKnown = true;
  }

  /** Others have taken this process for dead, and its lease back. */
  loseLease(): void {
    this.#granted = 0;
  }
}

/** A call that waits until an account has room for it. */
export interface Waiter {
  readonly amount: number;
  /** Looks whether there is room now. */
  look(): void;
}
