import type { Clock } from "../clock.ts";
import type { Budget } from "../endpoint/snapshot.ts";
import type { AlertStore, DueAlert } from "../store/budget-alert.ts";
import type { Logger } from "../telemetry/logger.ts";
import { sendAlert } from "./send-alert.ts";
import type { SendOptions, SendResult } from "./send-alert.ts";

export interface SendDueOptions extends SendOptions {
  readonly store: AlertStore;
  readonly log: Logger;
  /** What the project declares now. */
  readonly listBudgets: () => readonly Budget[];
}

const leaseMs = 60_000;
const mostAtOnce = 10;
/** After each attempt but the last. Together 15.8 hours, and 19 with the longest jitter. */
const delaysMs = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000];
const longestMs = 86_400_000;

/** Sends what is due, a few at once. Resolves to when there is more to do, as far as this process knows. */
export async function sendDueAlerts(options: SendDueOptions): Promise<number> {
  const { store, clock } = options;
  const nowMs = clock.now();
  const due = await store.takeDueAlerts({ nowMs, leaseEndMs: nowMs + leaseMs, limit: mostAtOnce });
  const next = await Promise.all(due.map((alert) => sendOne(alert, options)));
  return due.length === mostAtOnce ? nowMs : Math.min(...next.map((atMs) => atMs ?? Infinity));
}

/** Resolves to when it is to be sent again. */
async function sendOne(alert: DueAlert, options: SendDueOptions): Promise<number | undefined> {
  const { store, clock, log, listBudgets, signal } = options;
  const budget = listBudgets().find(({ name, alertUrl }) => name === alert.budget && alertUrl !== undefined);
  const result: SendResult = budget ? await sendAlert(alert, budget, options) : { type: "refused" };
  const about = { id: alert.id, budget: alert.budget, attempts: alert.attempts };
  if (result.type !== "failed") {
    await store.scheduleAlert(alert.id);
    if (result.type === "delivered") log.info({ event: "alert.delivered", ...about }, "An alert was delivered.");
    else log.warn({ event: "alert.refused", ...about }, "Nobody wants an alert any more.");
    return undefined;
  }
  // A stop is no failure of the receiver's: the lease ends by itself, and then it is tried again.
  if (signal.aborted) return undefined;
  const nextMs = planRetry(alert, result.retryAfterMs ?? 0, clock);
  await store.scheduleAlert(alert.id, nextMs);
  const failure = { ...about, why: result.why };
  if (nextMs === undefined) log.error({ event: "alert.lost", ...failure }, "An alert was given up.");
  else log.warn({ event: "alert.failed", ...failure, nextMs }, "An alert was not taken, and is sent again.");
  return nextMs;
}

function planRetry({ attempts, claimedAtMs }: DueAlert, retryAfterMs: number, clock: Clock): number | undefined {
  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return undefined;
  const nextMs = clock.now() + Math.max(delayMs * (0.8 + clock.random() * 0.4), retryAfterMs);
  return nextMs - claimedAtMs > longestMs ? undefined : Math.round(nextMs);
}
