import type { Clock } from "./clock.ts";
import type { LiveProject } from "./endpoint/live-project.ts";
import type { GatewayOptions } from "./gateway.ts";
import { createRequestId } from "./ids.ts";
import type { Outbound } from "./outbound.ts";
import type { Account } from "./pipeline/budget/account.ts";
import { createBudgets, type Budgets } from "./pipeline/budget/budgets.ts";
import type { Journal } from "./store/journal.ts";
import { lockProcess } from "./store/process-lock.ts";
import type { SqlStore } from "./store/sql-store.ts";
import { createBudgetAlerts } from "./usage/budget-alerts.ts";
import type { BudgetReport } from "./usage/list-budgets.ts";

export interface BudgetParts extends Pick<GatewayOptions, "dataFolder" | "environment" | "log"> {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly store: SqlStore;
  readonly journal: Journal;
  readonly project: Pick<LiveProject, "snapshot">;
}

export interface OpenBudgets extends Pick<Budgets, "ledger" | "processes"> {
  /** Gives back what the process holds, once its records are stored. */
  close(): Promise<void>;
}

/** Budgets over the store, with what tells which processes live, and has their spending counted. */
export function openBudgets(parts: BudgetParts): OpenBudgets {
  const { dataFolder, environment, log, clock, outbound, store, journal, project } = parts;
  const processId = createRequestId(clock.now());
  const lock = lockProcess(dataFolder, processId);
  const alerts = createBudgetAlerts({
    store,
    outbound,
    clock,
    log,
    secret: (name) => environment.secret(name),
    listBudgets: () => project.snapshot.budgets ?? [],
  });
  const budgets = createBudgets({
    store,
    clock,
    processId,
    currentSnapshot: () => project.snapshot,
    onSpent: (account) => alerts.onSpent(toReport(account)),
    // Nobody else can have an embedded store open.
    watch: { hasEnded: (id) => store.kind === "embedded" || lock.hasEnded(id), adopt: () => journal.adopt() },
    onFailure: (error) =>
      log.warn({ event: "budgets.unsynced", err: error }, "The store cannot be asked about budgets."),
  });
  store.followRecords(budgets.count);
  return {
    ledger: budgets.ledger,
    get processes() {
      return budgets.processes;
    },
    close: async () => {
      await budgets.close({ isStored: await isFlushed(journal, clock) });
      lock.release();
      await alerts.close();
    },
  };
}

function toReport({ budget, subject, unit, limit, spent, reserved, free, window }: Account): BudgetReport {
  const { startMs: windowStartMs, endMs: resetMs } = window;
  return { name: budget.name, subject, unit, limit, spent, reserved, free, windowStartMs, resetMs };
}

const flushTimeoutMs = 5000;

/** False: some records wait on disk for a store that is down. */
async function isFlushed(journal: Journal, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancelTimer = clock.after(flushTimeoutMs, () => resolve(false));
  journal.flush().then(
    () => resolve(true),
    () => resolve(false),
  );
  return promise.finally(cancelTimer);
}
