import { findWindow } from "../calendar-window.ts";
import type { CalendarWindow } from "../calendar-window.ts";
import type { Budget } from "../endpoint/snapshot.ts";
import type { BudgetBalance, BudgetStore, BudgetUnit } from "../store/store.ts";

/** What a budget of one subject has left in its window. */
export interface BudgetReport {
  readonly name: string;
  /** The id of a key, a team, an endpoint, a tenant, or "" for all calls together. */
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** By all processes. */
  readonly spent: number;
  /** What calls under way may cost at most. */
  readonly reserved: number;
  /** What new calls can still take. */
  readonly free: number;
  readonly windowStartMs: number;
  /** When the next window begins. */
  readonly resetMs: number;
}

/**
 * What budgets have left in their windows of now, by what all processes have told the store: each subject that has spent
 * anything, and all calls together in any case.
 */
export async function listBudgets(
  store: Pick<BudgetStore, "listBalances">,
  declared: readonly Budget[],
  nowMs: number,
): Promise<readonly BudgetReport[]> {
  if (declared.length === 0) return [];
  const limits = declared.flatMap((budget) => listLimits(budget, nowMs));
  const balances = await store.listBalances([...new Set(limits.map(({ window }) => window.startMs))]);
  return limits.flatMap((limit) => {
    const { budget, unit, window } = limit;
    const own = balances.filter(
      (balance) => balance.budget === budget.name && balance.unit === unit && balance.windowStartMs === window.startMs,
    );
    if (own.length === 0 && budget.per === "all") return [toReport(limit, { subject: "", spent: 0, reserved: 0 })];
    return own.map((balance) => toReport(limit, balance));
  });
}

interface Limit {
  readonly budget: Budget;
  readonly unit: BudgetUnit;
  readonly amount: number;
  readonly window: CalendarWindow;
}

function listLimits(budget: Budget, nowMs: number): readonly Limit[] {
  const window = findWindow(budget.window, budget.timeZone, nowMs);
  const amounts = { microUsd: budget.microUsd, tokens: budget.tokens };
  return (["microUsd", "tokens"] as const).flatMap((unit) => {
    const amount = amounts[unit];
    return amount === undefined ? [] : [{ budget, unit, amount, window }];
  });
}

function toReport(
  { budget, unit, amount: limit, window }: Limit,
  { subject, spent, reserved }: Pick<BudgetBalance, "subject" | "spent" | "reserved">,
): BudgetReport {
  return {
    name: budget.name,
    subject,
    unit,
    limit,
    spent,
    reserved,
    free: Math.max(0, limit - spent - reserved),
    windowStartMs: window.startMs,
    resetMs: window.endMs,
  };
}
