import type { Clock } from "../../clock.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { BudgetSpending, KeyRow, Store } from "../../store/store.ts";
import type { Account } from "./account.ts";
import { Accounts } from "./accounts.ts";
import { findBudgets } from "./find-budgets.ts";
import { createLeaseKeeper, type LeaseKeeper, type LeaseKeeperOptions } from "./lease-keeper.ts";
import { Ledger } from "./ledger.ts";

/** A record as far as its cost goes. */
interface SpentRecord {
  readonly tenant: string;
  readonly keyId?: string;
  readonly team?: string;
  readonly endpoint?: string;
  readonly startedAtMs: number;
  readonly costMicroUsd: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface BudgetsOptions extends Pick<LeaseKeeperOptions, "processId" | "watch" | "onFailure"> {
  readonly store: Pick<Store, keyof LeaseKeeperOptions["store"] | "listKeys">;
  readonly clock: Clock;
  readonly currentSnapshot: () => Snapshot;
  /** Called with each account whose spending has grown, or has been learned of. */
  readonly onSpent?: (account: Account) => void;
}

export interface Budgets {
  readonly ledger: Ledger;
  /** Live processes on the same store, this one included. */
  readonly processes: number;
  /**
   * Counts what records have cost; to be called in the transaction that stores them. What it resolves to, when they are.
   * @param known were counted before, and this process has not heard of it
   */
  readonly count: (
    records: readonly SpentRecord[],
    origin: "own" | "adopted",
    known?: readonly SpentRecord[],
  ) => Promise<() => void>;
  close: LeaseKeeper["close"];
}

/** Budgets of this process: its accounts, the ledger over them, and the leases that back it. */
export function createBudgets(options: BudgetsOptions): Budgets {
  const { store, clock, processId, currentSnapshot, onSpent } = options;
  const accounts = new Accounts();
  const ledger: Ledger = new Ledger({ clock, accounts, leases: () => keeper });
  const keeper: LeaseKeeper = createLeaseKeeper({
    ...options,
    accounts,
    onAnswer: () => {
      ledger.wakeAll();
      if (onSpent) for (const account of accounts.list()) onSpent(account);
    },
  });
  const findKeyName = createKeyNames(store);

  async function sumUp(records: readonly SpentRecord[]): Promise<ReadonlyMap<Account, number>> {
    const { budgets = [] } = currentSnapshot();
    const sums = new Map<Account, number>();
    if (budgets.length === 0) return sums;
    for (const record of records) {
      const keyName = await findKeyName(record.keyId);
      for (const own of findBudgets(budgets, { ...record, keyName })) {
        for (const account of accounts.of(own, record.startedAtMs)) {
          const amount = ledger.readCost(account, record);
          if (amount > 0) sums.set(account, (sums.get(account) ?? 0) + amount);
        }
      }
    }
    return sums;
  }

  return {
    ledger,
    get processes() {
      return keeper.processes;
    },
    count: async (records, origin, known = []) => {
      const sums = await sumUp(records);
      const forgotten = origin === "own" ? await sumUp(known) : [];
      const spending = [...sums].map(([account, amount]): BudgetSpending => Object.assign(account.name, { amount }));
      const taken = await store.addSpending(spending, origin === "own" ? processId : undefined);
      return () => {
        for (const [index, [account, amount]] of [...sums].entries()) account.store(amount, taken[index]!, origin);
        for (const [account, amount] of forgotten) account.forget(amount);
        ledger.wakeAll();
      };
    },
    close: (ending) => keeper.close(ending),
  };
}

/** A budget may name keys by their names, and records have only ids. */
function createKeyNames({
  listKeys,
}: Pick<Store, "listKeys">): (id: string | undefined) => Promise<string | undefined> {
  let names: ReadonlyMap<string, string> = new Map();
  const unknown = new Set<string>();
  return async (id) => {
    if (id === undefined || names.has(id) || unknown.has(id)) return id === undefined ? undefined : names.get(id);
    const rows: readonly KeyRow[] = await listKeys();
    names = new Map(rows.map((row) => [row.id, row.name]));
    if (!names.has(id)) unknown.add(id);
    return names.get(id);
  };
}
