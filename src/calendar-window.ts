/** A stretch of the calendar in a time zone. */
export interface CalendarWindow {
  readonly startMs: number;
  /** The first moment that is no longer in it. */
  readonly endMs: number;
}

export type WindowKind = "minute" | "hour" | "day" | "month";

/**
 * The window of a moment. Days and months begin at local midnight, or with the first moment after it where summer time
 * leaves that out; so a day has 23 to 25 hours.
 * @param timeZone IANA name
 */
export function findWindow(kind: WindowKind, timeZone: string, atMs: number): CalendarWindow {
  const key = `${kind} ${timeZone}`;
  const last = lastWindows.get(key);
  if (last && atMs >= last.startMs && atMs < last.endMs) return last;
  const found = computeWindow(kind, timeZone, atMs);
  // Names of zones come from projects and queries: there are not many.
  if (lastWindows.size >= mostRemembered) lastWindows.clear();
  lastWindows.set(key, found);
  return found;
}

/** Nearly all that are asked for are the current ones, and to compute one takes the calendar some 50 us. */
const lastWindows = new Map<string, CalendarWindow>();
const mostRemembered = 1000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

function computeWindow(kind: WindowKind, timeZone: string, atMs: number): CalendarWindow {
  if (kind === "minute") {
    const startMs = Math.floor(atMs / minuteMs) * minuteMs;
    return { startMs, endMs: startMs + minuteMs };
  }
  if (kind === "hour") {
    // Zones are off by quarters of an hour, and change by whole or half ones: hours of the local clock.
    const offsetMs = findOffsetMs(timeZone, atMs);
    const startMs = Math.floor((atMs + offsetMs) / hourMs) * hourMs - offsetMs;
    return { startMs, endMs: startMs + hourMs };
  }
  const { year, month, day } = readLocal(timeZone, atMs);
  if (kind === "day") {
    return { startMs: findMidnight(timeZone, year, month, day), endMs: findMidnight(timeZone, year, month, day + 1) };
  }
  return { startMs: findMidnight(timeZone, year, month, 1), endMs: findMidnight(timeZone, year, month + 1, 1) };
}

interface LocalTime {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  /** The local clock's reading as if it were UTC. */
  readonly asUtcMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    if (formats.size >= mostRemembered) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
}

function readLocal(timeZone: string, atMs: number): LocalTime {
  const fields = new Map(
    formatOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const get = (type: Intl.DateTimeFormatPartTypes): number => fields.get(type) ?? 0;
  const [year, month, day] = [get("year"), get("month") - 1, get("day")];
  return { year, month, day, asUtcMs: Date.UTC(year, month, day, get("hour"), get("minute"), get("second")) };
}

function findOffsetMs(timeZone: string, atMs: number): number {
  return readLocal(timeZone, atMs).asUtcMs - Math.floor(atMs / 1000) * 1000;
}

/** When a local day begins. @param month 0 to 11; days and months that are too many run into the next. */
export function findMidnight(timeZone: string, year: number, month: number, day: number): number {
  const localMs = Date.UTC(year, month, day);
  // The offsets of half a day before and after are those of before and after a change.
  const before = localMs - findOffsetMs(timeZone, localMs - 12 * hourMs - hourMs);
  const after = localMs - findOffsetMs(timeZone, localMs + 12 * hourMs + hourMs);
  const candidates = [Math.min(before, after), Math.max(before, after)];
  const exact = candidates.find((candidate) => readLocal(timeZone, candidate).asUtcMs === localMs);
  if (exact !== undefined) return exact;
  // Midnight was left out: the clock jumped over it at the moment that the offset of before calls midnight.
  return Math.min(...candidates.filter((candidate) => readLocal(timeZone, candidate).asUtcMs >= localMs));
}
