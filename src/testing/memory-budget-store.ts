import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import { grantLease } from "../store/grant-lease.ts";
import type {
  BudgetAccount,
  BudgetBalance,
  BudgetSpending,
  BudgetStore,
  LeaseAnswer,
  LeaseRequest,
} from "../store/store.ts";

interface Window {
  spent: number;
  /** By process. */
  readonly leases: Map<string, { held: number; wanted: number }>;
}

/** Budgets in memory, for tests that take very many steps: grants as the real store does. */
export class MemoryBudgetStore implements BudgetStore {
  /** While true, it is out of reach. */
  isDown = false;
  /** Between what is done to leases and the answer: may take its time, or lose the answer by an error. */
  beforeAnswer = async (): Promise<void> => {};
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  readonly #seenAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is spent and held, by window. */
  get balances(): readonly { readonly spent: number; readonly held: number }[] {
    return [...this.#windows.values()].map((window) => ({ spent: window.spent, held: sumHeld(window) }));
  }

  /** What a process holds, of all windows together. */
  heldBy(processId: string): number {
    return sumOf([...this.#windows.values()].map(({ leases }) => leases.get(processId)?.held ?? 0));
  }

  async changeLeases(processId: string, requests: readonly LeaseRequest[]): Promise<readonly LeaseAnswer[]> {
    this.#requireUp();
    const answers = requests.map((request) => this.#change(processId, request));
    await this.beforeAnswer();
    return answers;
  }

  async addSpending(spending: readonly BudgetSpending[], processId?: string): Promise<readonly number[]> {
    this.#requireUp();
    return spending.map(({ amount, ...account }) => {
      const window = this.#find(account);
      const lease = processId === undefined ? undefined : window.leases.get(processId);
      const taken = Math.min(amount, lease?.held ?? 0);
      window.spent += amount;
      if (lease) lease.held -= taken;
      return taken;
    });
  }

  async listBalances(): Promise<readonly BudgetBalance[]> {
    return [];
  }

  async beat(processId: string): ReturnType<BudgetStore["beat"]> {
    this.#requireUp();
    const nowMs = this.#clock.now();
    const wasKnown = this.#seenAtMs.has(processId);
    this.#seenAtMs.set(processId, nowMs);
    const others = [...this.#seenAtMs].filter(([id]) => id !== processId);
    return { wasKnown, others: others.map(([id, atMs]) => ({ id, silentMs: nowMs - atMs })) };
  }

  async endProcesses(ids: readonly string[]): Promise<void> {
    this.#requireUp();
    for (const id of ids) {
      this.#seenAtMs.delete(id);
      for (const { leases } of this.#windows.values()) leases.delete(id);
    }
  }

  async dropBudgetWindows(): Promise<void> {}

  #change(processId: string, request: LeaseRequest): LeaseAnswer {
    const window = this.#find(request);
    const { spent, leases } = window;
    const own = leases.get(processId) ?? { held: 0, wanted: 0 };
    const { change, unmet, ...answer } = grantLease({ spent, held: sumHeld(window) }, own.held, request);
    leases.set(processId, { held: own.held + change, wanted: unmet });
    let wantedByOthers = 0;
    for (const [id, lease] of leases) if (id !== processId) wantedByOthers += lease.wanted;
    return { ...answer, wantedByOthers };
  }

  #find(account: BudgetAccount): Window {
    const key = JSON.stringify([account.budget, account.subject, account.unit, account.windowStartMs]);
    const window = this.#windows.get(key) ?? { spent: 0, leases: new Map() };
    this.#windows.set(key, window);
    return window;
  }

  #requireUp(): void {
    if (this.isDown) throw new HeadgateError("store_unavailable");
  }
}

function sumHeld({ leases }: Window): number {
  return sumOf([...leases.values()].map(({ held }) => held));
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
