import type { Clock } from "../clock.ts";
import type { Budget } from "../endpoint/snapshot.ts";
import { HeadgateError } from "../errors.ts";
import { createRequestId } from "../ids.ts";
import type { BudgetAlert } from "../store/budget-alert.ts";
import type { BudgetReport } from "./list-budgets.ts";
import { sendDueAlerts } from "./send-due-alerts.ts";
import type { SendDueOptions } from "./send-due-alerts.ts";

export type BudgetAlertsOptions = Omit<SendDueOptions, "signal">;

/** Tells when budgets pass their thresholds: each once for a window and subject, over all processes. */
export interface BudgetAlerts {
  /** What a budget has spent, as soon as it is known. Takes no time: claiming and sending are done in the background. */
  readonly onSpent: (report: BudgetReport) => void;
  /** Claims what was passed, and leaves what could not be sent to other processes or the next start. */
  close(): Promise<void>;
}

interface Passed {
  readonly alert: BudgetAlert;
  readonly share: number;
  readonly hasWebhook: boolean;
}

const pollMs = 15_000;
const mostWaiting = 1000;
const mostRemembered = 10_000;

export function createBudgetAlerts(options: BudgetAlertsOptions): BudgetAlerts {
  const { clock, log, listBudgets } = options;
  /** Thresholds that this process has seen passed: the store is asked once. */
  const seen = new Set<string>();
  const waiting: Passed[] = [];
  const stopped = new AbortController();
  let awake = Promise.withResolvers<void>();

  const onSpent = (report: BudgetReport): void => {
    const budget = listBudgets().find(({ name }) => name === report.name);
    if (!budget) return;
    for (const threshold of budget.alertAt) {
      if (report.spent < threshold * report.limit) continue;
      const key = JSON.stringify([report.name, report.subject, report.unit, report.windowStartMs, threshold]);
      // Where there is no room, the next call of the budget tells it again.
      if (seen.has(key) || waiting.length >= mostWaiting) continue;
      if (seen.size >= mostRemembered) seen.clear();
      seen.add(key);
      waiting.push(toPassed(report, budget, threshold, clock));
      awake.resolve();
    }
  };

  const warn = (error: unknown): void =>
    log.warn({ event: "alert.waiting", err: error }, "Alerts of budgets wait: the store does not take them.");

  /** Resolves to how long the next one has time. */
  const round = async (): Promise<number> => {
    await claim(waiting, options);
    if (!listBudgets().some(({ alertUrl }) => alertUrl !== undefined)) return pollMs;
    const nextMs = await sendDueAlerts({ ...options, signal: stopped.signal });
    return Math.max(0, Math.min(pollMs, nextMs - clock.now()));
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const pauseMs = await round().catch((error: unknown) => {
        warn(error);
        return pollMs;
      });
      const cancel = clock.after(pauseMs, awake.resolve);
      await awake.promise;
      cancel();
      awake = Promise.withResolvers();
    }
  };
  const running = run();

  return {
    onSpent,
    close: async () => {
      stopped.abort();
      awake.resolve();
      await running;
      await claim(waiting, options).catch(warn);
    },
  };
}

async function claim(waiting: Passed[], { store, clock, log }: BudgetAlertsOptions): Promise<void> {
  for (let next = waiting[0]; next; next = waiting[0]) {
    const { alert, share, hasWebhook } = next;
    const { budget, subject, unit, threshold } = alert;
    const about = { budget, subject, unit, threshold, share };
    try {
      const isOurs = await store.claimAlert(alert, hasWebhook ? clock.now() : undefined);
      if (isOurs) log.warn({ event: "budget.threshold", ...about }, "A budget has passed a threshold.");
    } catch (error) {
      if (HeadgateError.is(error, "store_unavailable")) throw error;
      log.error({ event: "alert.lost", ...about, err: error }, "The store cannot hold an alert.");
    }
    waiting.shift();
  }
}

function toPassed(report: BudgetReport, budget: Budget, threshold: number, clock: Clock): Passed {
  const { name, subject, unit, limit, spent, windowStartMs, resetMs } = report;
  const nowMs = clock.now();
  const share = Number((spent / limit).toFixed(4));
  const body = JSON.stringify({
    type: "budget.threshold",
    timestamp: new Date(nowMs).toISOString(),
    data: {
      budget: name,
      per: budget.per,
      subject,
      threshold,
      share,
      unit,
      spent,
      limit,
      window: budget.window,
      windowStart: new Date(windowStartMs).toISOString(),
      resetAt: new Date(resetMs).toISOString(),
    },
  });
  const id = `msg_${createRequestId(nowMs)}`;
  const alert = { id, budget: name, subject, unit, windowStartMs, threshold, body, claimedAtMs: nowMs };
  return { alert, share, hasWebhook: budget.alertUrl !== undefined };
}
