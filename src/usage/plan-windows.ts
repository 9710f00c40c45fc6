import { findMidnight, findWindow } from "../calendar-window.ts";
import { HeadgateError } from "../errors.ts";
import type { Moment, ParsedUsageQuery } from "./usage-query.ts";

/** What a report is over. */
export interface WindowPlan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Its windows: the first may begin in the middle of one of the calendar. */
  readonly startsMs: readonly number[];
  /** Most names that are told apart. */
  readonly limit: number;
}

const hourMs = 3_600_000;
const usualLimit = 100;
const mostRows = 10_000;

/** @throws HeadgateError `request_invalid` if there is nothing in it, or more than a report can hold. */
export function planWindows(query: ParsedUsageQuery, nowMs: number): WindowPlan {
  const { month, window, timeZone } = query;
  const fromMs = month
    ? findMidnight(timeZone, month.year, month.month, 1)
    : (toMs(query.from, timeZone, nowMs) ?? findWindow("month", timeZone, nowMs).startMs);
  const endMs = month
    ? findMidnight(timeZone, month.year, month.month + 1, 1)
    : (toMs(query.to, timeZone, nowMs) ?? nowMs);
  if (fromMs >= endMs) throw new HeadgateError("request_invalid", { detail: "There is no time from `from` to `to`." });
  const startsMs = window ? listStarts(window, timeZone, fromMs, endMs) : [fromMs];
  const most = Math.floor(mostRows / startsMs.length) - 1;
  const limit = query.limit ?? Math.min(usualLimit, most);
  if (limit > most || limit < 1) {
    const detail = `A report has at most ${mostRows} rows, and this one could have more: take less time, a longer window or a smaller limit.`;
    throw new HeadgateError("request_invalid", { detail });
  }
  return { fromMs, toMs: endMs, startsMs, limit };
}

function toMs(moment: Moment | undefined, timeZone: string, nowMs: number): number | undefined {
  if (!moment) return undefined;
  if (moment.type === "moment") return moment.atMs;
  if (moment.type === "date") return findMidnight(timeZone, moment.date.year, moment.date.month, moment.date.day);
  // Usage is counted by the hour: the one that it falls into counts.
  return Math.floor((nowMs - moment.ms) / hourMs) * hourMs;
}

function listStarts(
  window: NonNullable<ParsedUsageQuery["window"]>,
  timeZone: string,
  fromMs: number,
  endMs: number,
): number[] {
  const starts: number[] = [];
  for (let atMs = fromMs; atMs < endMs && starts.length <= mostRows; atMs = findWindow(window, timeZone, atMs).endMs) {
    starts.push(atMs);
  }
  return starts;
}
