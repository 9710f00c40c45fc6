import { formatDollars } from "./format-dollars.ts";
import type { UsageReport } from "./report-usage.ts";
import { writeCsv } from "./write-csv.ts";
import type { CsvCell } from "./write-csv.ts";

/** The rows of a report, with money in dollars. What the limit leaves out is `(other)`; requests that have no such name have an empty cell. */
export function toUsageCsv({ window, by, rows }: UsageReport): string {
  const head = [...(window ? [window] : []), ...by, ...sumNames];
  return writeCsv([
    head,
    ...rows.map((row): readonly CsvCell[] => [
      ...(row.start === undefined ? [] : [row.start]),
      ...by.map((dimension) => (row.isOther ? "(other)" : (row.names[dimension] ?? ""))),
      row.requests,
      row.errors,
      row.inputTokens,
      row.outputTokens,
      row.cachedInputTokens,
      formatDollars(row.costMicroUsd),
      row.unpricedRequests,
      row.savedInputTokens,
      row.savedOutputTokens,
      formatDollars(row.savedMicroUsd),
    ]),
  ]);
}

const sumNames = [
  "requests",
  "errors",
  "inputTokens",
  "outputTokens",
  "cachedInputTokens",
  "costUsd",
  "unpricedRequests",
  "savedInputTokens",
  "savedOutputTokens",
  "savedUsd",
];
