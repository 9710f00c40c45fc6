import { weekdays, type TimeCondition } from "../../endpoint/define-routing.ts";

const minutesOfDay = 24 * 60;
const msOfMinute = 60_000;

/** What a clock on the wall shows. */
interface WallTime {
  /** Since midnight. */
  readonly minutes: number;
  /** Index in `weekdays`. */
  readonly day: number;
}

/** Whether a moment is within the condition's hours, by the clocks of its time zone: on a night when they change, too. */
export function compileTime({ timeZone = "UTC", from, to, days }: TimeCondition): (atMs: number) => boolean {
  const start = from === undefined ? 0 : readMinutes(from);
  const end = to === undefined ? minutesOfDay : readMinutes(to);
  const isDay = weekdays.map((day) => days?.includes(day) ?? true);
  const readWall = findWallClock(timeZone);
  return (atMs) => {
    const { minutes, day } = readWall(atMs);
    if (start < end) return isDay[day]! && minutes >= start && minutes < end;
    // Over midnight: the evening of a day, or the early hours that belong to the day before.
    return (isDay[day]! && minutes >= start) || (isDay[(day + 6) % 7]! && minutes < end);
  };
}

function readMinutes(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

type WallClock = (atMs: number) => WallTime;

/** A formatter takes 50 us to make. Only declared zones get here, and there are not many. */
const wallClocks = new Map<string, WallClock>();

function findWallClock(timeZone: string): WallClock {
  const clock = wallClocks.get(timeZone) ?? createWallClock(timeZone);
  wallClocks.set(timeZone, clock);
  return clock;
}

function createWallClock(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  let lastMinute = Number.NaN;
  let last: WallTime = { minutes: 0, day: 0 };
  return (atMs) => {
    // Calls of the same minute share the answer: no zone's offset changes within one.
    const minute = Math.floor(atMs / msOfMinute);
    if (minute === lastMinute) return last;
    const parts = new Map(format.formatToParts(minute * msOfMinute).map(({ type, value }) => [type, value]));
    const day = weekdays.findIndex((name) => name === parts.get("weekday")?.toLowerCase());
    last = { minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")), day };
    lastMinute = minute;
    return last;
  };
}
