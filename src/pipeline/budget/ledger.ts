import type { Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { Budget } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { CallRecord } from "../../store/store.ts";
import type { Account, Waiter } from "./account.ts";
import type { Accounts } from "./accounts.ts";
import { describeExceeded } from "./describe-exceeded.ts";
import { findBudgets, type Owner } from "./find-budgets.ts";

/** What a model call costs, or may cost at most. */
export interface Amounts {
  /** Null: its price is unknown. */
  readonly microUsd: number | null;
  readonly tokens: number;
}

type CostRecord = Pick<CallRecord, "startedAtMs" | "costMicroUsd" | "inputTokens" | "outputTokens">;

/** What the ledger needs of the leases; see lease-keeper.ts. */
interface Leases {
  readonly isTrusted: boolean;
  readonly isReachable: boolean;
  wake(): void;
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

  /** The tier or model that the call has to make do with: a budget that downgrades has no room for it. */
  findDowngrade(call: Call, most: Amounts): string | undefined {
    for (const { budget, accounts } of this.#listAccounts(call, "downgrade")) {
      if (!accounts.every((account) => this.#hasRoom(account, most))) return budget.downgradeTo;
    }
    return undefined;
  }

  /**
   * Sets aside what a model call may cost at most. Where only what others have set aside stands against it, it waits for
   * that to be settled, at most 3 s. Undefined: there was room at once.
   * @throws HeadgateError `budget_exceeded`, `price_unknown`, `store_unavailable`
   */
  reserve(call: Call, most: Amounts): Promise<void> | undefined {
    const accounts = this.#listStops(call);
    if (accounts.length === 0 || this.#tryTake(call, accounts, most)) return undefined;
    return this.#wait(call, accounts, most);
  }

  /** The same for one more model call of the call, without a wait. False: there is no room for it. */
  tryReserve(call: Call, most: Amounts): boolean {
    const accounts = this.#listStops(call);
    return accounts.length === 0 || this.#tryTake(call, accounts, most);
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
    const left: Record<string, number> = {};
    for (const { budget, accounts } of this.#listAccounts(call)) {
      const shares = accounts.map(({ free, limit }) => Math.min(1, Math.max(0, free / limit)));
      left[budget.name] = Math.min(...shares);
    }
    return left;
  }

  #listStops(call: Call): readonly Account[] {
    return this.#listAccounts(call, "stop").flatMap(({ accounts }) => accounts);
  }

  #listAccounts(
    call: Call,
    effect?: "stop" | "downgrade",
  ): readonly { readonly budget: Budget; readonly accounts: readonly Account[] }[] {
    const { budgets = [] } = call.snapshot;
    if (budgets.length === 0) return [];
    const own = findBudgets(budgets, toOwner(call)).filter(
      ({ budget }) => (effect ?? budget.onExceeded) === budget.onExceeded,
    );
    return own.map(({ budget, subject }) => ({
      budget,
      accounts: this.#accounts.of({ budget, subject }, call.startedAtMs),
    }));
  }

  #hasRoom(account: Account, most: Amounts): boolean {
    return account.available >= toAmount(account, most);
  }

  #tryTake(call: Call, accounts: readonly Account[], most: Amounts): boolean {
    if (!this.#leases().isTrusted)
      throw new HeadgateError("store_unavailable", { detail: untrusted, retryAfterMs: 1000 });
    const nowMs = this.#clock.now();
    for (const account of accounts) account.usedAtMs = nowMs;
    // Those that wait came first.
    if (!accounts.every((account) => this.#hasRoom(account, most) && account.waiters.length === 0)) return false;
    this.#take(call, accounts, most);
    return true;
  }

  #take(call: Call, accounts: readonly Account[], most: Amounts): void {
    const holds = (call.notes.holds ??= new Map());
    for (const account of accounts) {
      const amount = toAmount(account, most);
      account.reserve(amount);
      holds.set(account, (holds.get(account) ?? 0) + amount);
      if (account.available < account.left / 8) this.#leases().wake();
    }
  }

  async #wait(call: Call, accounts: readonly Account[], most: Amounts): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queued = new Set<Account>();
    const waiters = new Map<Account, Waiter>();
    const look = (): void => {
      const lacking = accounts.filter((account) => !this.#hasRoom(account, most));
      const hopeless = lacking.find((account) => account.isKnown && account.left < toAmount(account, most));
      if (hopeless) reject(describeExceeded(hopeless, this.#clock.now()));
      else if (lacking.length === 0) {
        this.#take(call, accounts, most);
        resolve();
      } else {
        for (const account of lacking) {
          if (queued.has(account)) continue;
          const waiter = waiters.get(account) ?? { amount: toAmount(account, most), look };
          waiters.set(account, waiter);
          queued.add(account);
          account.waiters.push(waiter);
        }
      }
      for (const account of queued) {
        if (hopeless || !lacking.includes(account)) leave(account);
      }
    };
    const leave = (account: Account): void => {
      queued.delete(account);
      const place = account.waiters.indexOf(waiters.get(account)!);
      if (place !== -1) account.waiters.splice(place, 1);
    };
    if (this.#waiting >= mostWaiters) throw new HeadgateError("overloaded", { retryAfterMs: 1000 });
    const onAbort = (): void => reject(call.signal.reason as Error);
    const waitMs = Math.min(mostWaitMs, call.deadlineMs - this.#clock.now());
    const cancelTimer = this.#clock.after(Math.max(0, waitMs), () => reject(this.#describeLate(accounts, most)));
    call.signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting++;
    try {
      look();
      this.#leases().wake();
      await promise;
    } finally {
      this.#waiting--;
      cancelTimer();
      call.signal.removeEventListener("abort", onAbort);
      for (const account of queued) leave(account);
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

  #describeLate(accounts: readonly Account[], most: Amounts): HeadgateError {
    const lacking = accounts.find((account) => !this.#hasRoom(account, most)) ?? accounts[0]!;
    if (this.#leases().isReachable) return describeExceeded(lacking, this.#clock.now());
    return new HeadgateError("store_unavailable", { detail: unreachable, retryAfterMs: 1000 });
  }
}

const untrusted = "The store was out of reach for so long that this server's part of the budgets is not sure any more.";
const unreachable = "This server's part of a budget is used up, and the store cannot be asked for more.";

function toOwner({ tenant, keyId, keyName, team, endpoint }: Call): Owner {
  return { tenant, keyId, keyName, team, endpoint: endpoint?.name };
}

/** @throws HeadgateError `price_unknown` */
function toAmount({ unit, budget }: Account, { microUsd, tokens }: Amounts): number {
  if (unit === "tokens") return tokens;
  if (microUsd !== null) return microUsd;
  throw new HeadgateError("price_unknown", {
    detail: `The budget "${budget.name}" is in money, and the price of the model is not known. Set models.<name>.price in headgate.config.ts.`,
  });
}
