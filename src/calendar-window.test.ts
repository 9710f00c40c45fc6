import { describe, expect, test } from "vitest";
import { assert, constantFrom, integer, property } from "fast-check";
import { findWindow, type WindowKind } from "./calendar-window.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

function windowOf(kind: WindowKind, timeZone: string, at: string): [string, string] {
  const { startMs, endMs } = findWindow(kind, timeZone, Date.parse(at));
  return [iso(startMs), iso(endMs)];
}

describe("a window", () => {
  test.each<[WindowKind, string, string, string, string]>([
    ["minute", "UTC", "2026-11-24T18:15:35.250Z", "2026-11-24T18:15:00.000Z", "2026-11-24T18:16:00.000Z"],
    ["hour", "UTC", "2026-11-24T18:59:59.999Z", "2026-11-24T18:00:00.000Z", "2026-11-24T19:00:00.000Z"],
    ["hour", "Asia/Kolkata", "2026-11-24T18:15:00Z", "2026-11-24T17:30:00.000Z", "2026-11-24T18:30:00.000Z"],
    ["day", "Europe/Berlin", "2026-11-24T23:30:00Z", "2026-11-24T23:00:00.000Z", "2026-11-25T23:00:00.000Z"],
    ["day", "America/New_York", "2026-03-08T12:00:00Z", "2026-03-08T05:00:00.000Z", "2026-03-09T04:00:00.000Z"],
    ["day", "America/New_York", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"],
    ["month", "UTC", "2026-02-28T23:59:59.999Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    ["month", "Europe/Berlin", "2026-03-31T22:30:00Z", "2026-03-31T22:00:00.000Z", "2026-04-30T22:00:00.000Z"],
    ["month", "Europe/Berlin", "2026-12-31T22:30:00Z", "2026-11-30T23:00:00.000Z", "2026-12-31T23:00:00.000Z"],
    ["month", "Pacific/Auckland", "2026-12-31T12:00:00Z", "2026-12-31T11:00:00.000Z", "2027-01-31T11:00:00.000Z"],
    // Midnight is left out: the clock goes from 24:00 to 01:00.
    ["day", "Africa/Cairo", "2026-04-24T10:00:00Z", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z"],
  ])("of a %s in %s at %s", (kind, timeZone, at, start, end) => {
    expect(windowOf(kind, timeZone, at)).toEqual([start, end]);
  });

  test("holds its moment and meets the next one, in every zone, all year round", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
      "Africa/Cairo",
      "America/Havana",
    ];
    const moments = integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });
    const kinds = constantFrom<WindowKind>("minute", "hour", "day", "month");
    assert(
      property(kinds, constantFrom(...zones), moments, (kind, zone, atMs) => {
        const { startMs, endMs } = findWindow(kind, zone, atMs);
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(endMs).toBeGreaterThan(atMs);
        expect(findWindow(kind, zone, startMs)).toEqual({ startMs, endMs });
        expect(findWindow(kind, zone, endMs).startMs).toBe(endMs);
      }),
      { numRuns: 2000 },
    );
  });
});
