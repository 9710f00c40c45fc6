import type { Clock } from "../../clock.ts";
import type { BudgetStore, LeaseRequest } from "../../store/store.ts";
import type { Account } from "./account.ts";
import type { Accounts } from "./accounts.ts";

/** Keeps the leases of a process: takes more while there is some, gives back what others wait for, and says that it lives. */
export interface LeaseKeeper {
  /** Live processes on the same store, this one included. */
  readonly processes: number;
  /** False: the store was out of reach for so long that others may have taken the leases back. */
  readonly isTrusted: boolean;
  /** False: the store did not answer when it was last asked. */
  readonly isReachable: boolean;
  /** Asks the store soon: somebody waits. */
  wake(): void;
  /** Asks the store soon if little is left of the account's lease, and the store may have more. */
  refill(account: Account): void;
  /**
   * Gives everything back, once all calls have ended.
   * @param isStored false: some records are not in the store, and what they cost stays held until they are adopted
   */
  close(options: { readonly isStored: boolean }): Promise<void>;
}

/** Tells which processes have ended, and brings what they have left behind into the store. */
interface ProcessWatch {
  /** True if it surely has; undefined: it is of another machine, and nobody here can tell. */
  hasEnded(processId: string): boolean | undefined;
  /** Brings the records of ended processes into the store, so that what they have spent is known. */
  adopt(): Promise<void>;
}

export interface LeaseKeeperOptions {
  readonly store: BudgetStore;
  readonly processId: string;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly watch: ProcessWatch;
  /** Called when the store has answered. */
  readonly onAnswer: () => void;
  /** Called when the store is out of reach, once until it answers again. */
  readonly onFailure: (error: unknown) => void;
}

const usualPauseMs = 1000;
/** While somebody waits, here or elsewhere. */
const shortPauseMs = 100;
const beatEveryMs = 5000;
/** A process that was silent for so long has no part of what is left. */
const absentMs = 16_000;
/** One of another machine is taken for dead; it has stopped to spend by then. */
const deadMs = 75_000;
const trustedMs = 70_000;
/** Windows that begin within this are held in advance: the store may be out of reach by then. */
const aheadMs = 90_000;
/** An account that no call has used for so long is given back. */
const idleMs = 600_000;
/** A store that takes longer is out of reach, long before its statements fail. */
const answerMs = 2000;
const mostRequests = 1000;

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const keeper = new SyncingKeeper(options);
  keeper.wake();
  return keeper;
}

class SyncingKeeper implements LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #processes = 1;
  #beatAtMs = Number.NEGATIVE_INFINITY;
  /** When the others were last told for sure that this one lives. */
  #toldAtMs: number;
  /** When the store was last out of reach. */
  #deafAtMs: number;
  #isReachable = true;
  #askedAtMs = 0;
  #isClosed = false;
  #isAskedAgain = false;
  #syncing: Promise<void> | undefined;
  #cancelTimer = (): void => {};

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#toldAtMs = options.clock.now();
    this.#deafAtMs = this.#toldAtMs;
  }

  get processes(): number {
    return this.#processes;
  }

  get isTrusted(): boolean {
    return this.#options.clock.now() - this.#toldAtMs < trustedMs;
  }

  get isReachable(): boolean {
    const isLate = this.#syncing !== undefined && this.#options.clock.now() - this.#askedAtMs > answerMs;
    return this.#isReachable && !isLate;
  }

  wake(): void {
    if (this.#isClosed) return;
    if (this.#syncing) this.#isAskedAgain = true;
    else this.#run();
  }

  refill(account: Account): void {
    if (account.available < computeShare(account, this.#processes) / 2 && !account.isShort) this.wake();
  }

  async close({ isStored }: { readonly isStored: boolean }): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#syncing;
    const { store, processId, onFailure } = this.#options;
    if (isStored) await store.endProcesses([processId]).catch(onFailure);
  }

  readonly #run = (): void => {
    this.#cancelTimer();
    this.#isAskedAgain = false;
    this.#askedAtMs = this.#options.clock.now();
    this.#syncing = this.#sync().then(this.#onAnswer, this.#onFailure).finally(this.#schedule);
  };

  readonly #onAnswer = (): void => {
    this.#isReachable = true;
    this.#options.onAnswer();
  };

  readonly #onFailure = (error: unknown): void => {
    // Told once, until the store answers again.
    if (this.#isReachable) this.#options.onFailure(error);
    this.#isReachable = false;
    this.#deafAtMs = this.#options.clock.now();
  };

  readonly #schedule = (): void => {
    const { clock, accounts } = this.#options;
    this.#syncing = undefined;
    if (this.#isClosed) return;
    const isUrgent = accounts.list().some(({ waiters, isWantedByOthers }) => waiters.length > 0 || isWantedByOthers);
    if (this.#isAskedAgain && this.#isReachable) this.#run();
    else this.#cancelTimer = clock.after(isUrgent ? shortPauseMs : usualPauseMs, this.#run);
  };

  async #sync(): Promise<void> {
    const { clock, accounts } = this.#options;
    const nowMs = clock.now();
    if (nowMs - this.#beatAtMs >= beatEveryMs || nowMs < this.#beatAtMs) await this.#beat(nowMs);
    const asked = chooseAccounts(accounts, nowMs);
    for (let at = 0; at < asked.length; at += mostRequests) await this.#ask(asked.slice(at, at + mostRequests), nowMs);
  }

  async #beat(nowMs: number): Promise<void> {
    const { store, processId, accounts, watch, onFailure } = this.#options;
    const { wasKnown, others } = await store.beat(processId);
    // The first beat is not known either, and there is nothing to lose yet.
    if (!wasKnown) for (const account of accounts.list()) account.loseLease();
    this.#beatAtMs = nowMs;
    this.#toldAtMs = nowMs;
    // Whoever could not reach the store either was not silent.
    const heardMs = nowMs - this.#deafAtMs;
    const seen = others.map(({ id, silentMs }) => ({ id, silentMs: Math.min(silentMs, heardMs) }));
    const dead = seen.filter(({ id, silentMs }) => watch.hasEnded(id) ?? silentMs > deadMs);
    this.#processes = 1 + seen.filter((each) => each.silentMs <= absentMs && !dead.includes(each)).length;
    if (dead.length === 0) return;
    try {
      await watch.adopt();
    } catch (error) {
      // What they have spent is not known yet.
      onFailure(error);
      return;
    }
    await store.endProcesses(dead.map(({ id }) => id));
  }

  async #ask(asked: readonly Account[], nowMs: number): Promise<void> {
    const { store, processId } = this.#options;
    const requests = asked.map((account) => {
      const request = toRequest(account, { processes: this.#processes, nowMs });
      account.ask(request);
      return request;
    });
    const answers = await store.changeLeases(processId, requests);
    for (const [index, answer] of answers.entries()) asked[index]!.learn(answer);
  }
}

/** Those that calls use, and those of the windows to come; what has ended, or nobody uses, is forgotten once it is given back. */
function chooseAccounts(accounts: Accounts, nowMs: number): readonly Account[] {
  const chosen = new Set<Account>();
  for (const account of accounts.list()) {
    if (!isInUse(account, nowMs) && account.isIdle && account.lease === 0 && !account.isAsking) {
      accounts.delete(account);
      continue;
    }
    chosen.add(account);
    let last = account;
    while (isInUse(last, nowMs) && last.window.endMs < nowMs + aheadMs) {
      const next = accounts.after(last);
      next.usedAtMs = Math.max(next.usedAtMs, last.usedAtMs);
      chosen.add(next);
      last = next;
    }
  }
  return [...chosen];
}

function isInUse({ window, usedAtMs }: Account, nowMs: number): boolean {
  return window.endMs > nowMs && nowMs - usedAtMs < idleMs;
}

function toRequest(account: Account, { processes, nowMs }: { processes: number; nowMs: number }): LeaseRequest {
  const { name, limit, lease, reserved } = account;
  const wish =
    isInUse(account, nowMs) && account.budget.onExceeded !== "warn"
      ? toWish(account, processes)
      : { need: 0, slack: -Math.max(0, account.available) };
  return { ...name, limit, holds: Math.max(0, lease), reserved: Math.max(0, reserved), ...wish };
}

function toWish(account: Account, processes: number): Pick<LeaseRequest, "need" | "slack"> {
  const { available, waiters } = account;
  const [first] = waiters;
  if (first && first.amount > available) {
    // What is too little here may be what another process lacks, or would be enough together with what it has.
    if (account.wasRefused && available > 0 && processes > 1) return { need: first.amount, slack: -available };
    const others = waiters.reduce((sum, { amount }) => sum + amount, 0) - first.amount;
    return { need: first.amount - available, slack: others };
  }
  if (account.isWantedByOthers) return { need: 0, slack: -Math.max(0, available) };
  const share = computeShare(account, processes);
  // Others that have come since are to have theirs, also of the windows to come, before the store is out of reach.
  return { need: 0, slack: available < share / 2 || available > 1.5 * share ? share - available : 0 };
}

/** Each process holds a part of what is left, and there is a rest for those to come: less and less as the end comes near. */
function computeShare({ left }: Account, processes: number): number {
  return Math.floor(Math.max(0, left) / (processes === 1 ? 1 : 2 * processes));
}
