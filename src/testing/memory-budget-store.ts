import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import { grantLease } from "../store/grant-lease.ts";
import type { BudgetAccount, BudgetStore, LeaseRequest } from "../store/store.ts";

interface Window {
  spent: number;
  /** By process. */
  readonly leases: Map<string, { held: number; wanted: number }>;
}

export interface MemoryBudgetStore extends BudgetStore {
  /** While true, it is out of reach. */
  isDown: boolean;
  readonly windows: ReadonlyMap<string, Window>;
}

/** Budgets in memory, for tests that take very many steps: grants as the real store does. */
export function createMemoryBudgetStore(clock: Clock): MemoryBudgetStore {
  const windows = new Map<string, Window>();
  const seenAtMs = new Map<string, number>();
  const find = (account: BudgetAccount): Window => {
    const key = JSON.stringify([account.budget, account.subject, account.unit, account.windowStartMs]);
    const window = windows.get(key) ?? { spent: 0, leases: new Map() };
    windows.set(key, window);
    return window;
  };
  const sumHeld = ({ leases }: Window): number => [...leases.values()].reduce((sum, { held }) => sum + held, 0);
  const change = (
    processId: string,
    request: LeaseRequest,
  ): Awaited<ReturnType<BudgetStore["changeLeases"]>>[number] => {
    const window = find(request);
    const { spent, leases } = window;
    const own = leases.get(processId) ?? { held: 0, wanted: 0 };
    const granted = grantLease({ limit: request.limit, spent, held: sumHeld(window) }, own.held, request);
    const wanted = request.need > 0 && granted < request.need ? request.need : 0;
    leases.set(processId, { held: own.held + granted, wanted });
    const others = [...leases].filter(([id]) => id !== processId);
    return {
      granted,
      spent,
      held: sumHeld(window),
      wantedByOthers: others.reduce((sum, [, lease]) => sum + lease.wanted, 0),
    };
  };
  const store: MemoryBudgetStore = {
    isDown: false,
    windows,
    changeLeases: async (processId, requests) => {
      requireUp();
      return requests.map((request) => change(processId, request));
    },
    addSpending: async (spending, processId) => {
      requireUp();
      return spending.map(({ amount, ...account }) => {
        const window = find(account);
        const lease = processId === undefined ? undefined : window.leases.get(processId);
        const taken = Math.min(amount, lease?.held ?? 0);
        window.spent += amount;
        if (lease) lease.held -= taken;
        return taken;
      });
    },
    listBalances: async () => [],
    beat: async (processId) => {
      requireUp();
      const nowMs = clock.now();
      const wasKnown = seenAtMs.has(processId);
      seenAtMs.set(processId, nowMs);
      const others = [...seenAtMs].filter(([id]) => id !== processId);
      return { wasKnown, others: others.map(([id, atMs]) => ({ id, silentMs: nowMs - atMs })) };
    },
    endProcesses: async (ids) => {
      requireUp();
      for (const id of ids) {
        seenAtMs.delete(id);
        for (const { leases } of windows.values()) leases.delete(id);
      }
    },
    dropBudgetWindows: async () => {},
  };
  return store;

  function requireUp(): void {
    if (store.isDown) throw new HeadgateError("store_unavailable");
  }
}
