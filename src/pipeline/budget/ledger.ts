import type { Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { Budget } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { CallRecord } from "../../store/store.ts";
import type { Account } from "./account.ts";
import type { Accounts } from "./accounts.ts";
import { hasRoomFor, toAmount, type Amounts } from "./amounts.ts";
import { findBudgets, type Owner } from "./find-budgets.ts";
import { createUnavailable, giveWay, waitForRoom } from "./wait-for-room.ts";

type CostRecord = Pick<CallRecord, "startedAtMs" | "costMicroUsd" | "inputTokens" | "outputTokens">;

/** What the ledger needs of the leases; see lease-keeper.ts. */
interface Leases {
  readonly isTrusted: boolean;
  readonly isReachable: boolean;
  wake(): void;
  refill(account: Account): void;
}

export interface LedgerOptions {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly leases: () => Leases;
}

const mostWaitMs = 3000;
const mostWaiters = 10_000;
const mostUnpriced = 10_000;

/**
 * Keeps calls within their budgets: each sets aside what it may cost at most before a model is asked, and what it has cost
 * takes that place when it ends.
 */
export class Ledger {
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #leases: LedgerOptions["leases"];
  /** What calls without a price are taken to have cost, by their start, which no two calls of a process share. */
  readonly #unpriced = new Map<number, number>();
  #waiting = 0;

  constructor({ clock, accounts, leases }: LedgerOptions) {
    this.#clock = clock;
    this.#accounts = accounts;
    this.#leases = leases;
  }

  /**
   * Sets aside what a model call may cost at most. Where only what others have set aside stands against it, it waits for
   * that to be settled, at most 3 s; a budget that downgrades does not. Undefined: there was room at once.
   * @returns the tier or model that the call has to make do with: nothing is set aside then
   * @throws HeadgateError `budget_exceeded`, `price_unknown`, `store_unavailable`
   */
  reserve(
    call: Call,
    most: Amounts,
    { isDowngraded = false }: { readonly isDowngraded?: boolean } = {},
  ): Promise<string | undefined> | undefined {
    const accounts = this.#listLimits(call, isDowngraded ? ["stop"] : ["stop", "downgrade"]);
    if (accounts.length === 0 || this.#tryTake(call, accounts, most)) return undefined;
    return this.#wait(call, accounts, most);
  }

  /** The same for one more model call of the call, without a wait. False: there is no room for it, or nobody can tell. */
  tryReserve(call: Call, most: Amounts): boolean {
    const accounts = this.#listLimits(call, ["stop"]);
    if (accounts.length === 0) return true;
    const isKnown = most.microUsd !== null || accounts.every(({ unit }) => unit === "tokens");
    return isKnown && this.#tryTake(call, accounts, most);
  }

  /** Puts what the call has cost in the place of what it had set aside. Once for each call, before its record is stored. */
  settle(call: Call, record: CallRecord): void {
    const { holds } = call.notes;
    for (const { accounts } of this.#listAccounts(call)) {
      for (const account of accounts) {
        const held = holds?.get(account) ?? 0;
        const isUnpriced = account.unit === "microUsd" && record.costMicroUsd === null;
        // What has no price was set aside at the price of the model that was to answer.
        if (isUnpriced && held > 0) this.#rememberUnpriced(record, held);
        account.settle(isUnpriced ? held : this.readCost(account, record));
      }
    }
    if (!holds) return;
    // Who pays may be another than it was set aside for.
    const released = [...holds] as [Account, number][];
    holds.clear();
    for (const [account, amount] of released) account.release(amount);
    for (const [account] of released) this.#wake(account);
  }

  /** What a record has cost in the unit of the account. */
  readCost({ unit }: Account, record: CostRecord): number {
    if (unit === "tokens") return record.inputTokens + record.outputTokens;
    return record.costMicroUsd ?? this.#unpriced.get(record.startedAtMs) ?? 0;
  }

  #rememberUnpriced({ startedAtMs }: CostRecord, microUsd: number): void {
    this.#unpriced.set(startedAtMs, microUsd);
    if (this.#unpriced.size <= mostUnpriced) return;
    for (const oldest of this.#unpriced.keys()) {
      this.#unpriced.delete(oldest);
      break;
    }
  }

  /** Wakes calls that wait: there may be room now. */
  wakeAll(): void {
    for (const account of this.#accounts.list()) this.#wake(account);
  }

  /** The smallest share that is left, by name of the call's budgets: 0 to 1. */
  listLeft(call: Call): Readonly<Record<string, number>> {
    const byName: Record<string, number> = {};
    for (const { budget, accounts } of this.#listAccounts(call)) {
      const shares = accounts.map(({ left, reserved, limit }) => Math.min(1, Math.max(0, (left - reserved) / limit)));
      byName[budget.name] = Math.min(...shares);
    }
    return byName;
  }

  #listLimits(call: Call, effects: readonly Budget["onExceeded"][]): readonly Account[] {
    return this.#listAccounts(call).flatMap(({ budget, accounts }) =>
      effects.includes(budget.onExceeded) ? accounts : [],
    );
  }

  #listAccounts(call: Call): readonly { readonly budget: Budget; readonly accounts: readonly Account[] }[] {
    const { budgets = [] } = call.snapshot;
    if (budgets.length === 0) return [];
    const nowMs = this.#clock.now();
    return findBudgets(budgets, toOwner(call)).map((own) => {
      const accounts = this.#accounts.of(own, call.startedAtMs);
      for (const account of accounts) account.usedAtMs = nowMs;
      return { budget: own.budget, accounts };
    });
  }

  #tryTake(call: Call, accounts: readonly Account[], most: Amounts): boolean {
    // Those that wait came first.
    const hasRoom = (account: Account): boolean => account.waiters.length === 0 && hasRoomFor(account, most);
    if (!accounts.every(hasRoom) || !this.#leases().isTrusted) return false;
    this.#take(call, accounts, most);
    return true;
  }

  #take(call: Call, accounts: readonly Account[], most: Amounts): void {
    const holds = (call.notes.holds ??= new Map());
    for (const account of accounts) {
      const amount = toAmount(account, most);
      account.reserve(amount);
      holds.set(account, (holds.get(account) ?? 0) + amount);
      this.#leases().refill(account);
    }
  }

  async #wait(call: Call, accounts: readonly Account[], most: Amounts): Promise<string | undefined> {
    const nowMs = this.#clock.now();
    if (!this.#leases().isTrusted) return giveWay(accounts, () => createUnavailable(untrusted));
    if (this.#waiting >= mostWaiters) throw new HeadgateError("overloaded", { retryAfterMs: 1000 });
    const { signal, deadlineMs } = call;
    const room = waitForRoom({
      accounts,
      most,
      signal,
      waitMs: Math.max(0, Math.min(mostWaitMs, deadlineMs - nowMs)),
      clock: this.#clock,
      take: () => this.#take(call, accounts, most),
      isReachable: () => this.#leases().isReachable,
    });
    this.#leases().wake();
    this.#waiting++;
    try {
      return await room;
    } finally {
      this.#waiting--;
      for (const account of accounts) this.#wake(account);
    }
  }

  /** In the order in which they came; a call that does not fit keeps its place. */
  #wake({ waiters }: Account): void {
    for (let first = waiters[0]; first; first = waiters[0]) {
      first.look();
      if (waiters[0] === first) return;
    }
  }
}

const untrusted = "The store was out of reach for so long that this server's part of the budgets is not sure any more.";

function toOwner({ tenant, keyId, keyName, team, endpoint }: Call): Owner {
  return { tenant, keyId, keyName, team, endpoint: endpoint?.name };
}
