import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TimeCondition } from "../../endpoint/define-routing.ts";
import { compileTime } from "./time-condition.ts";

function holdsAt(condition: TimeCondition, moment: string): boolean {
  return compileTime(condition)(Date.parse(moment));
}

test("a range holds from its start up to and without its end", () => {
  const office = { from: "09:00", to: "17:30" };
  expect(holdsAt(office, "2026-11-24T08:59:59.999Z")).toBe(false);
  expect(holdsAt(office, "2026-11-24T09:00:00Z")).toBe(true);
  expect(holdsAt(office, "2026-11-24T17:29:59.999Z")).toBe(true);
  expect(holdsAt(office, "2026-11-24T17:30:00Z")).toBe(false);
});

test("a range over midnight belongs to the day on which it begins", () => {
  // 2026-11-27 is a Friday.
  const night = { from: "22:00", to: "06:00", days: ["fri"] } as const;
  expect(holdsAt(night, "2026-11-27T21:59:00Z")).toBe(false);
  expect(holdsAt(night, "2026-11-27T22:00:00Z")).toBe(true);
  expect(holdsAt(night, "2026-11-28T05:59:00Z")).toBe(true);
  expect(holdsAt(night, "2026-11-28T06:00:00Z")).toBe(false);
  expect(holdsAt(night, "2026-11-27T05:00:00Z")).toBe(false);
  expect(holdsAt(night, "2026-11-28T23:00:00Z")).toBe(false);
  const afterSunday = { from: "22:00", to: "06:00", days: ["sun"] } as const;
  expect(holdsAt(afterSunday, "2026-11-30T03:00:00Z")).toBe(true);
});

test("midnight can be written as the end, and a range without an end goes up to it", () => {
  expect(holdsAt({ from: "22:00", to: "24:00" }, "2026-11-24T23:59:59Z")).toBe(true);
  expect(holdsAt({ from: "22:00", to: "24:00" }, "2026-11-24T00:00:00Z")).toBe(false);
  expect(holdsAt({ from: "22:00" }, "2026-11-24T23:59:59Z")).toBe(true);
  expect(holdsAt({ to: "06:00" }, "2026-11-24T00:00:00Z")).toBe(true);
});

test("days are those of the time zone", () => {
  const tuesday = { days: ["tue"], timeZone: "Pacific/Auckland" } as const;
  expect(holdsAt(tuesday, "2026-11-23T11:30:00Z")).toBe(true);
  expect(holdsAt(tuesday, "2026-11-24T11:30:00Z")).toBe(false);
  expect(holdsAt({ days: ["mon"] }, "2026-11-23T11:30:00Z")).toBe(true);
});

describe("on a night when the clocks change", () => {
  const early = { from: "02:00", to: "03:00", timeZone: "Europe/Berlin" };

  test("an hour that is left out holds never", () => {
    // 2026-03-29: 01:59 CET is followed by 03:00 CEST at 01:00 UTC.
    const minutes = Array.from(
      { length: 24 * 60 },
      (_, minute) => Date.parse("2026-03-28T23:00:00Z") + minute * 60_000,
    );
    expect(minutes.filter(compileTime(early))).toEqual([]);
  });

  test("an hour that comes twice holds twice", () => {
    // 2026-10-25: 02:59 CEST is followed by 02:00 CET at 01:00 UTC.
    const minutes = Array.from(
      { length: 25 * 60 },
      (_, minute) => Date.parse("2026-10-24T22:00:00Z") + minute * 60_000,
    );
    expect(minutes.filter(compileTime(early))).toHaveLength(120);
  });

  test("a range over it goes by what the clocks show", () => {
    const night = { from: "22:00", to: "06:00", timeZone: "Europe/Berlin" };
    expect(holdsAt(night, "2026-03-29T03:59:00Z")).toBe(true);
    expect(holdsAt(night, "2026-03-29T04:00:00Z")).toBe(false);
    expect(holdsAt(night, "2026-10-25T04:59:00Z")).toBe(true);
    expect(holdsAt(night, "2026-10-25T05:00:00Z")).toBe(false);
  });
});

test("at every moment a range or its complement holds, in zones with odd offsets too", () => {
  const minuteText = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.constantFrom("UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"),
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2028, 0) }),
      (first, second, timeZone, atMs) => {
        fc.pre(first !== second);
        const [from, to] = [minuteText(first), minuteText(second)];
        const inside = compileTime({ timeZone, from, to })(atMs);
        expect(compileTime({ timeZone, from: to, to: from })(atMs)).toBe(!inside);
      },
    ),
  );
});
