import { findWindow } from "../calendar-window.ts";
import type { UsageDimension, UsageQuery, UsageRow, UsageStore, UsageSums } from "../store/usage.ts";
import { forecastRest, listRecentDays, readRecentDays } from "./forecast-rest.ts";
import { nameWindow } from "./name-window.ts";
import { planWindows } from "./plan-windows.ts";
import type { ParsedUsageQuery } from "./usage-query.ts";
import { usageDimensions } from "../store/usage.ts";

export interface UsageReport {
  readonly fromMs: number;
  /** The first moment after it. */
  readonly toMs: number;
  readonly timeZone: string;
  readonly window?: ParsedUsageQuery["window"];
  readonly by: readonly UsageDimension[];
  readonly rows: readonly ReportedUsage[];
  readonly total: UsageSums;
  readonly forecast: MonthForecast;
}

export interface ReportedUsage extends UsageSums {
  /** When its window begins. Absent without windows. */
  readonly start?: string;
  readonly startMs?: number;
  /** With null for requests that have none. Of `isOther` empty. */
  readonly names: Partial<Readonly<Record<UsageDimension, string | null>>>;
  /** All that the limit leaves out. */
  readonly isOther?: true;
}

/** What the running month will have cost. */
export interface MonthForecast {
  readonly month: string;
  readonly spentMicroUsd: number;
  /** At its end; null with less than 24 hours to go by. */
  readonly forecastMicroUsd: number | null;
  /** Requests of the month that are in neither, as their price is unknown. */
  readonly unpricedRequests: number;
}

/** @throws HeadgateError `request_invalid`; `store_unavailable` */
export async function reportUsage(store: UsageStore, query: ParsedUsageQuery, nowMs: number): Promise<UsageReport> {
  const { timeZone, window, by } = query;
  const { fromMs, toMs, startsMs, limit } = planWindows(query, nowMs);
  const only = toFilter(query);
  const rows = await store.sumUsage({ startsMs, endMs: toMs, by, only, limit });
  return {
    fromMs,
    toMs,
    timeZone,
    ...(window ? { window } : {}),
    by,
    rows: rows.map(({ window: index, names, firstMs: _first, ...sums }) => ({
      ...(window ? { start: nameWindow(window, timeZone, startsMs[index]!), startMs: startsMs[index]! } : {}),
      names: names ? Object.fromEntries(by.map((dimension, at) => [dimension, names[at] ?? null])) : {},
      ...(names ? {} : { isOther: true as const }),
      ...sums,
    })),
    total: addSums(rows),
    forecast: await forecastMonth(store, { timeZone, only }, nowMs),
  };
}

function toFilter(query: ParsedUsageQuery): NonNullable<UsageQuery["only"]> {
  return Object.fromEntries(
    usageDimensions.flatMap((dimension) => (query[dimension] === undefined ? [] : [[dimension, query[dimension]]])),
  );
}

async function forecastMonth(
  store: UsageStore,
  { timeZone, only }: Pick<ParsedUsageQuery, "timeZone"> & Pick<UsageQuery, "only">,
  nowMs: number,
): Promise<MonthForecast> {
  const { startMs, endMs } = findWindow("month", timeZone, nowMs);
  const days = listRecentDays(nowMs);
  const everything = { by: [], limit: 1, only } as const;
  const spent = addSums(await store.sumUsage({ ...everything, startsMs: [startMs], endMs }));
  const recent = readRecentDays(
    await store.sumUsage({ ...everything, ...days }),
    days.endMs,
    ({ costMicroUsd }) => costMicroUsd,
  );
  const rest = forecastRest(recent, nowMs, endMs);
  return {
    month: nameWindow("month", timeZone, startMs),
    spentMicroUsd: spent.costMicroUsd,
    forecastMicroUsd: rest === null ? null : spent.costMicroUsd + rest,
    unpricedRequests: spent.unpricedRequests,
  };
}

function addSums(rows: readonly UsageRow[]): UsageSums {
  const sumOf = (field: keyof UsageSums): number => rows.reduce((sum, row) => sum + row[field], 0);
  return {
    requests: sumOf("requests"),
    errors: sumOf("errors"),
    inputTokens: sumOf("inputTokens"),
    outputTokens: sumOf("outputTokens"),
    cachedInputTokens: sumOf("cachedInputTokens"),
    costMicroUsd: sumOf("costMicroUsd"),
    unpricedRequests: sumOf("unpricedRequests"),
    savedInputTokens: sumOf("savedInputTokens"),
    savedOutputTokens: sumOf("savedOutputTokens"),
    savedMicroUsd: sumOf("savedMicroUsd"),
  };
}
