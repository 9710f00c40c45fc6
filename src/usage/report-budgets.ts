import type { Budget } from "../endpoint/snapshot.ts";
import type { BudgetReport } from "./list-budgets.ts";
import type { BudgetStore } from "../store/store.ts";
import type { UsageDimension, UsageRow, UsageStore, UsageSums } from "../store/usage.ts";
import { listBudgets } from "./list-budgets.ts";
import { forecastRest, listRecentDays, readRecentDays } from "./forecast-rest.ts";

export interface ForecastBudget extends BudgetReport {
  /** What will be spent at the window's end. Null in windows of a minute or an hour, and with less than 24 hours to go by. */
  readonly forecast: number | null;
}

export interface BudgetsReport {
  /** What has the greatest share of its limit spent is first. */
  readonly budgets: readonly ForecastBudget[];
  /** Those that the limit leaves out. */
  readonly others: number;
}

export interface BudgetsOptions {
  /** What the project declares. */
  readonly declared: readonly Budget[];
  readonly nowMs: number;
  /** Most budgets and subjects. */
  readonly limit: number;
}

/** @throws HeadgateError `store_unavailable` */
export async function reportBudgets(
  store: UsageStore & Pick<BudgetStore, "listBalances">,
  { declared, nowMs, limit }: BudgetsOptions,
): Promise<BudgetsReport> {
  const all = await listBudgets(store, declared, nowMs);
  const shown = all.toSorted((left, right) => right.spent / right.limit - left.spent / left.limit).slice(0, limit);
  const forecast = await createForecast(store, declared, shown, nowMs);
  const budgets = shown.map((budget) => Object.assign({}, budget, { forecast: forecast(budget) }));
  return { budgets, others: all.length - shown.length };
}

const amounts: Readonly<Record<BudgetReport["unit"], (sums: UsageSums) => number>> = {
  microUsd: ({ costMicroUsd }) => costMicroUsd,
  tokens: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
};

async function createForecast(
  store: UsageStore,
  declared: readonly Budget[],
  reports: readonly BudgetReport[],
  nowMs: number,
): Promise<(report: BudgetReport) => number | null> {
  const kinds = new Map(
    declared.filter(({ window }) => window === "day" || window === "month").map(({ name, per }) => [name, per]),
  );
  const wanted = new Set(reports.flatMap(({ name }) => kinds.get(name) ?? []));
  const days = listRecentDays(nowMs);
  const rowsOf = new Map<Budget["per"], ReadonlyMap<string, readonly UsageRow[]>>();
  for (const per of wanted) {
    const by: readonly UsageDimension[] = per === "all" ? [] : [per];
    const rows = await store.sumUsage({ ...days, by, limit: mostSubjects });
    rowsOf.set(
      per,
      Map.groupBy(
        rows.filter(({ names }) => names !== undefined),
        ({ names }) => names?.[0] ?? "",
      ),
    );
  }
  return ({ name, subject, unit, spent, resetMs }) => {
    const per = kinds.get(name);
    if (!per) return null;
    const recent = readRecentDays(rowsOf.get(per)?.get(subject) ?? [], days.endMs, amounts[unit]);
    const rest = forecastRest(recent, nowMs, resetMs);
    return rest === null ? null : spent + rest;
  };
}

/** With what they took on each of eight windows, about 10,000 rows. */
const mostSubjects = 1200;
