import { formatDollars } from "../usage/format-dollars.ts";
import type { BudgetsReport, ForecastBudget } from "../usage/report-budgets.ts";
import type { MonthForecast, UsageReport } from "../usage/report-usage.ts";
import type { UsageSums } from "../store/usage.ts";
import { formatTable } from "./format-table.ts";

/** A report as a table, with a line on the running month below. */
export function formatUsage({ window, by, rows, total, forecast }: UsageReport): string {
  const names = [...(window ? [window] : []), ...by];
  const lines = rows.map((row) => [
    ...(row.start === undefined ? [] : [row.start]),
    ...by.map((dimension) => (row.isOther ? "(other)" : (row.names[dimension] ?? "-"))),
    ...toCells(row),
  ]);
  const last = [...names.map((_, index) => (index === 0 ? "total" : "")), ...toCells(total)];
  const isTotalNeeded = names.length > 0 || rows.length === 0;
  return `${formatTable([[...names.map((name) => name.toUpperCase()), ...heads], ...lines, ...(isTotalNeeded ? [last] : [])])}\n${formatForecast(forecast)}`;
}

const heads = ["REQUESTS", "ERRORS", "INPUT TOKENS", "OUTPUT TOKENS", "COST", "SAVED"];

function toCells({ requests, errors, inputTokens, outputTokens, ...money }: UsageSums): string[] {
  const { costMicroUsd, unpricedRequests, savedMicroUsd } = money;
  const unknown = unpricedRequests === 0 ? "" : ` + ${unpricedRequests} unpriced`;
  const cost = `$${formatDollars(costMicroUsd)}${unknown}`;
  return [...[requests, errors, inputTokens, outputTokens].map(String), cost, `$${formatDollars(savedMicroUsd)}`];
}

function formatForecast({ month, spentMicroUsd, forecastMicroUsd, unpricedRequests }: MonthForecast): string {
  const spent = `${month}: $${formatDollars(spentMicroUsd)} so far`;
  const unknown = unpricedRequests === 0 ? "" : `, without ${unpricedRequests} requests whose price is unknown`;
  const end =
    forecastMicroUsd === null
      ? "no forecast with less than 24 hours to go by"
      : `about $${formatDollars(forecastMicroUsd)} at its end`;
  return `${spent}, ${end}${unknown}.\n`;
}

/** What budgets have left, as a table. */
export function formatBudgets({ budgets, others }: BudgetsReport): string {
  if (budgets.length === 0) return "No budget was used in its window.\n";
  const head = ["BUDGET", "OF", "LIMIT", "SPENT", "RESERVED", "FREE", "FORECAST", "RESETS"];
  const table = formatTable([head, ...budgets.map(toLine)]);
  return others === 0 ? table : `${table}and ${others} more\n`;
}

function toLine({ name, subject, unit, limit, spent, reserved, free, forecast, resetMs }: ForecastBudget): string[] {
  const format = (amount: number): string => (unit === "tokens" ? `${amount} tokens` : `$${formatDollars(amount)}`);
  const amounts = [limit, spent, reserved, free].map(format);
  const reset = new Date(resetMs).toISOString();
  return [name, subject === "" ? "all" : subject, ...amounts, forecast === null ? "-" : format(forecast), reset];
}
