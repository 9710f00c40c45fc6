import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { UsageRow } from "../store/usage.ts";
import { forecastRest, listRecentDays, readRecentDays } from "./forecast-rest.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = Date.UTC(2026, 10, 24, 10, 30);

/** Rows as the store gives them, for hours of so many dollars each. */
function toRows(hours: readonly { readonly hoursAgo: number; readonly amount: number }[]): readonly UsageRow[] {
  const { startsMs, endMs } = listRecentDays(nowMs);
  return hours.map(({ hoursAgo, amount }) => {
    const firstMs = endMs - hoursAgo * hourMs;
    return {
      window: startsMs.findLastIndex((startMs) => startMs <= firstMs),
      firstMs,
      costMicroUsd: amount,
    } as UsageRow;
  });
}

function forecast(hours: Parameters<typeof toRows>[0], untilMs: number): number | null {
  const { endMs } = listRecentDays(nowMs);
  return forecastRest(
    readRecentDays(toRows(hours), endMs, ({ costMicroUsd }) => costMicroUsd),
    nowMs,
    untilMs,
  );
}

test("with less than 24 hours to go by there is none", () => {
  expect(forecast([], nowMs + dayMs)).toBeNull();
  expect(forecast([{ hoursAgo: 23, amount: 5 }], nowMs + dayMs)).toBeNull();
  expect(forecast([{ hoursAgo: 24, amount: 5 }], nowMs + dayMs)).toBe(5);
});

test("each coming day takes what the same day of the week before did", () => {
  const weekend = [4, 5].map((daysAgo) => ({ hoursAgo: daysAgo * 24, amount: 100 }));
  const week = [{ hoursAgo: 20 * 24, amount: 1 }, ...weekend];
  const costs = Array.from({ length: 9 }, (_, days) => forecast(week, nowMs + days * dayMs));
  expect(costs).toEqual([0, 0, 0, 100, 200, 200, 200, 200, 200]);
  expect(forecast(week, nowMs + 12 * dayMs)).toBe(400);
});

test("the last day counts in part", () => {
  const week = Array.from({ length: 7 }, (_, day) => ({ hoursAgo: (day + 1) * 24, amount: 240 }));
  expect(forecast(week, nowMs + dayMs + 6 * hourMs)).toBe(300);
  expect(forecast(week, nowMs)).toBe(0);
});

test("days of which nothing is known take the mean of the others, quiet days are known", () => {
  const twoDays = [
    { hoursAgo: 48, amount: 30 },
    { hoursAgo: 20, amount: 10 },
  ];
  expect(forecast(twoDays, nowMs + 7 * dayMs)).toBe(7 * 20);
  expect(forecast([{ hoursAgo: 30 * 24, amount: 1 }, ...twoDays], nowMs + 7 * dayMs)).toBe(40);
});

test("a week that is always the same goes on so, whatever the moment", () => {
  fc.assert(
    fc.property(fc.nat({ max: 40 * 24 }), fc.nat({ max: 1000 }), (hours, amount) => {
      const week = Array.from({ length: 8 * 24 }, (_, hour) => ({ hoursAgo: hour + 1, amount }));
      expect(forecast(week, nowMs + hours * hourMs)).toBe(hours * amount);
    }),
  );
});
