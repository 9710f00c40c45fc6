import { beforeEach, describe, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { ContentTimer } from "./content-timer.ts";

const limits = { firstTokenMs: 1000, betweenContentMs: 300 };

let clock: ManualClock;
let timer: ContentTimer;
/** When silence was told, since the beginning. */
let firedAtMs: number[];

beforeEach(() => {
  clock = createManualClock();
  firedAtMs = [];
  const startedAtMs = clock.now();
  timer = new ContentTimer(clock, limits, () => firedAtMs.push(clock.now() - startedAtMs));
});

/** The reader asks, and gets a part after so long. */
function read(afterMs: number, hasContent: boolean): void {
  timer.resume();
  clock.advance(afterMs);
  timer.pause(hasContent);
}

describe("silence is told", () => {
  test("once nothing came for as long as the first content may take, while connecting too", () => {
    clock.advance(999);
    expect(firedAtMs).toEqual([]);
    clock.advance(1);
    expect(firedAtMs).toEqual([1000]);
  });

  test("though pings come", () => {
    for (let ping = 0; ping < 20; ping++) read(100, false);
    timer.resume();
    clock.advance(100);
    expect(firedAtMs[0]).toBeLessThanOrEqual(1000);
  });

  test("once no further content came, though pings come", () => {
    read(900, true);
    read(100, false);
    read(100, false);
    timer.resume();
    clock.advance(99);
    expect(firedAtMs).toEqual([]);
    clock.advance(1);
    expect(firedAtMs).toEqual([1200]);
  });

  test("after twice as long at most, though the clock is set back by an hour", () => {
    let setBackMs = 0;
    const setBack = { ...clock, now: () => clock.now() - setBackMs };
    const startedAtMs = clock.now();
    const own: number[] = [];
    const other = new ContentTimer(setBack, limits, () => own.push(clock.now() - startedAtMs));
    clock.advance(500);
    setBackMs = 3_600_000;
    clock.advance(2000);
    expect(own).toEqual([2000]);
    other.stop();
  });

  test("to the millisecond after a reader was slow", () => {
    read(10, true);
    clock.advance(5000);
    timer.resume();
    clock.advance(299);
    expect(firedAtMs).toEqual([]);
    clock.advance(1);
    expect(firedAtMs).toEqual([5310]);
  });

  test("with the silence before and after a slow reader added up", () => {
    read(10, true);
    read(200, false);
    clock.advance(5000);
    timer.resume();
    clock.advance(100);
    expect(firedAtMs).toEqual([5310]);
  });
});

describe("silence is not told", () => {
  test("while content comes", () => {
    for (let part = 0; part < 100; part++) read(299, true);
    expect(firedAtMs).toEqual([]);
    timer.stop();
  });

  test("while the reader does not ask", () => {
    read(10, true);
    clock.advance(1_000_000);
    expect(firedAtMs).toEqual([]);
    timer.stop();
  });

  test("after the end", () => {
    read(10, true);
    timer.stop();
    timer.resume();
    clock.advance(10_000);
    expect(firedAtMs).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  test("after the end, when the reader was slow before it", () => {
    read(10, true);
    clock.advance(10_000);
    timer.stop();
    timer.resume();
    timer.pause(true);
    timer.resume();
    clock.advance(10_000);
    expect(firedAtMs).toEqual([]);
    expect(clock.waiting).toBe(0);
  });
});

test("a slow reader keeps no timer running", () => {
  read(10, true);
  clock.advance(10_000);
  expect(clock.waiting).toBe(0);
  timer.stop();
});

test("content costs no new timer", () => {
  let armed = 0;
  const counting = { ...clock, after: (ms: number, callback: () => void) => (armed++, clock.after(ms, callback)) };
  const counted = new ContentTimer(counting, limits, () => {});
  for (let part = 0; part < 1000; part++) {
    counted.resume();
    counted.pause(true);
  }
  expect(armed).toBe(2);
  counted.stop();
  timer.stop();
});
