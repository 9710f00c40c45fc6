import type { BudgetUnit } from "./store.ts";

/** One threshold of a budget that was passed in a window. */
export interface BudgetAlert {
  /** The webhook's. */
  readonly id: string;
  readonly budget: string;
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly windowStartMs: number;
  /** Share of the limit. */
  readonly threshold: number;
  /** What the webhook says, as JSON. */
  readonly body: string;
  readonly claimedAtMs: number;
}

export interface DueAlert extends Pick<BudgetAlert, "id" | "budget" | "body" | "claimedAtMs"> {
  /** This one included. */
  readonly attempts: number;
}

/** Alerts over processes: each is claimed by one, and stays until it is delivered. */
export interface AlertStore {
  /**
   * False: it was claimed before, here or in another process.
   * @param nextAttemptMs when its webhook is due; absent: it has none
   */
  claimAlert(alert: BudgetAlert, nextAttemptMs?: number): Promise<boolean>;
  /** Alerts whose webhooks are due, which are nobody else's until `leaseEndMs`. */
  takeDueAlerts(options: {
    readonly nowMs: number;
    readonly leaseEndMs: number;
    readonly limit: number;
  }): Promise<readonly DueAlert[]>;
  /** When the webhook is due again. Absent: never. */
  scheduleAlert(id: string, nextAttemptMs?: number): Promise<void>;
  /** Forgets those that were claimed before. */
  dropAlerts(beforeMs: number): Promise<void>;
}
