import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Account, Waiter } from "./account.ts";
import { hasRoomFor, toAmount, type Amounts } from "./amounts.ts";
import { describeExceeded } from "./describe-exceeded.ts";

export interface RoomWanted {
  readonly accounts: readonly Account[];
  readonly most: Amounts;
  readonly signal: AbortSignal;
  readonly waitMs: number;
  readonly clock: Clock;
  /** Called once there is room in all accounts. */
  readonly take: () => void;
  readonly isReachable: () => boolean;
}

/**
 * Waits in the queues of the accounts that have no room, until they have, or it is clear that they will not.
 * @returns what the budget goes down to that has no room and downgrades
 * @throws HeadgateError `budget_exceeded`, `store_unavailable`, or the signal's reason
 */
export async function waitForRoom(wanted: RoomWanted): Promise<string | undefined> {
  const { accounts, most, signal, waitMs, clock, take, isReachable } = wanted;
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const queues = new Queues(() => look(listLacking()));
  const listLacking = (): readonly Account[] => accounts.filter((account) => !hasRoomFor(account, most));
  const explain = (account: Account): HeadgateError =>
    describeExceeded(account, { amount: toAmount(account, most), nowMs: clock.now() });
  const end = (how: () => string | undefined): void => {
    queues.leave();
    try {
      resolve(how());
    } catch (error) {
      reject(error);
    }
  };
  const begin = (): undefined => {
    take();
  };
  const look = (lacking: readonly Account[]): void => {
    const hopeless = lacking.filter((account) => isHopeless(account, toAmount(account, most)));
    if (hopeless.length > 0) end(() => giveWay(hopeless, explain));
    else if (lacking.length > 0) queues.stand(lacking, most);
    else end(begin);
  };
  const onLate = (): void => {
    const lacking = listLacking();
    const error = isReachable() ? explain : () => createUnavailable(unreachable);
    end(lacking.length === 0 ? begin : () => giveWay(lacking, error));
  };
  const onAbort = (): void =>
    end(() => {
      throw signal.reason as Error;
    });
  const cancelTimer = clock.after(waitMs, onLate);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // Those that wait already came first.
    look(accounts.filter((account) => account.waiters.length > 0 || !hasRoomFor(account, most)));
    return await promise;
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", onAbort);
  }
}

/** What a call does that a budget has no room for: fails if one of them stops it, or goes down. */
export function giveWay(lacking: readonly Account[], explain: (account: Account) => HeadgateError): string | undefined {
  const stop = lacking.find(({ budget }) => budget.onExceeded === "stop");
  if (stop) throw explain(stop);
  return lacking[0]?.budget.downgradeTo;
}

/** The server's part of the budgets cannot be relied on, or not be added to. */
export function createUnavailable(detail: string): HeadgateError {
  return new HeadgateError("store_unavailable", { detail, retryAfterMs: 1000 });
}

const unreachable = "This server's part of a budget is used up, and the store cannot be asked for more.";

/** What only others have set aside may come back; a call that can go down does not wait for it. */
function isHopeless({ budget, isKnown, left, free }: Account, amount: number): boolean {
  return isKnown && (budget.onExceeded === "downgrade" ? free : left) < amount;
}

/** The places of one call in the queues of accounts. */
class Queues {
  readonly #look: () => void;
  readonly #waiters = new Map<Account, Waiter>();

  constructor(look: () => void) {
    this.#look = look;
  }

  /** At these only; a place that it has already is kept. */
  stand(accounts: readonly Account[], most: Amounts): void {
    for (const account of this.#waiters.keys()) if (!accounts.includes(account)) this.#leave(account);
    for (const account of accounts) {
      if (this.#waiters.has(account)) continue;
      const waiter = { amount: toAmount(account, most), look: this.#look };
      this.#waiters.set(account, waiter);
      account.waiters.push(waiter);
    }
  }

  leave(): void {
    for (const account of this.#waiters.keys()) this.#leave(account);
  }

  #leave(account: Account): void {
    const place = account.waiters.indexOf(this.#waiters.get(account)!);
    if (place !== -1) account.waiters.splice(place, 1);
    this.#waiters.delete(account);
  }
}
