import type { ParsedUsageQuery } from "./usage-query.ts";

/** A window by its local begin: `2026-11`, `2026-11-01`, or `2026-11-01T10:00+01:00`. */
export function nameWindow(window: NonNullable<ParsedUsageQuery["window"]>, timeZone: string, startMs: number): string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "longOffset",
  });
  const parts = new Map(format.formatToParts(startMs).map(({ type, value }) => [type, value]));
  const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const month = `${get("year")}-${get("month")}`;
  if (window === "month") return month;
  const day = `${month}-${get("day")}`;
  if (window === "day") return day;
  return `${day}T${get("hour")}:${get("minute")}${get("timeZoneName").slice("GMT".length) || "+00:00"}`;
}
