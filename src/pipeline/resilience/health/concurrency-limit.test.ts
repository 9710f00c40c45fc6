import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ConcurrencyLimit } from "./concurrency-limit.ts";

const startMs = 1_700_000_000_000;

/** As many calls as fit, all of which end with `outcome`. */
function round(limit: ConcurrencyLimit, outcome: "ok" | "overloaded" | "neutral", nowMs: number): void {
  let entered = 0;
  while (limit.tryEnter()) entered += 1;
  for (; entered > 0; entered -= 1) limit.leave(outcome, nowMs);
}

test("lets in as many as the limit, and one more for each that leaves", () => {
  const limit = new ConcurrencyLimit({ start: 2 });
  expect([limit.tryEnter(), limit.tryEnter(), limit.tryEnter()]).toEqual([true, true, false]);
  limit.leave("neutral", startMs);
  expect([limit.tryEnter(), limit.tryEnter()]).toEqual([true, false]);
  limit.enter();
  expect(limit.inFlight).toBe(3);
});

test("starts at 1024", () => {
  expect(new ConcurrencyLimit().limit).toBe(1024);
});

test("overload takes 30 %, twice a second at most", () => {
  const limit = new ConcurrencyLimit({ start: 100 });
  for (let call = 0; call < 50; call += 1) limit.tryEnter();
  for (let call = 0; call < 10; call += 1) limit.leave("overloaded", startMs + call * 49);
  expect(limit.limit).toBe(70);
  limit.leave("overloaded", startMs + 500);
  expect(limit.limit).toBe(49);
});

test("a limit's worth of successes adds one, while half of it is used", () => {
  const limit = new ConcurrencyLimit({ start: 100 });
  round(limit, "ok", startMs);
  // The last half of them left it less than half used.
  expect(limit.limit).toBe(100);
  round(limit, "ok", startMs);
  expect(limit.limit).toBe(101);
});

test("successes on a limit that is hardly used add nothing", () => {
  const limit = new ConcurrencyLimit({ start: 100 });
  for (let call = 0; call < 10_000; call += 1) {
    limit.tryEnter();
    limit.leave("ok", startMs);
  }
  expect(limit.limit).toBe(100);
});

test("what says nothing changes nothing", () => {
  const limit = new ConcurrencyLimit({ start: 10 });
  round(limit, "neutral", startMs);
  expect(limit.limit).toBe(10);
  expect(limit.inFlight).toBe(0);
});

test("after a minute of nothing but 429 it is back at its load within fifteen rounds", () => {
  const limit = new ConcurrencyLimit();
  let nowMs = startMs;
  for (let halfSecond = 0; halfSecond < 120; halfSecond += 1) round(limit, "overloaded", (nowMs += 500));
  expect(limit.limit).toBe(1);
  let rounds = 0;
  for (; limit.limit < 170 && rounds < 1000; rounds += 1) round(limit, "ok", (nowMs += 1000));
  expect(rounds).toBeLessThanOrEqual(15);
});

test("settles around what the deployment bears", () => {
  const capacity = 40;
  const limit = new ConcurrencyLimit();
  let nowMs = startMs;
  const seen: number[] = [];
  for (let turn = 0; turn < 400; turn += 1) {
    nowMs += 500;
    let entered = 0;
    while (limit.tryEnter()) entered += 1;
    for (let call = 0; call < entered; call += 1) limit.leave(call < capacity ? "ok" : "overloaded", nowMs);
    if (turn >= 100) seen.push(limit.limit);
  }
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(Math.floor(capacity * 0.7));
  expect(Math.max(...seen)).toBeLessThanOrEqual(capacity + 2);
});

test("never rises above its maximum", () => {
  const limit = new ConcurrencyLimit({ start: 10, max: 11 });
  for (let turn = 0; turn < 20; turn += 1) round(limit, "ok", startMs);
  expect(limit.limit).toBe(11);
});

test("stays within its bounds, whatever happens", () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom("enter" as const, "ok" as const, "overloaded" as const, "neutral" as const), fc.nat(2000)),
    { maxLength: 500 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), (list, start) => {
      const limit = new ConcurrencyLimit({ start, min: 2, max: 12 });
      let nowMs = startMs;
      for (const [step, ms] of list) {
        nowMs += ms;
        const hasRoom = limit.inFlight < limit.limit;
        const hasEntered = step === "enter" && limit.tryEnter();
        if (step !== "enter") limit.leave(step, nowMs);
        expect(hasEntered).toBe(step === "enter" && hasRoom);
        expect(limit.limit).toBeGreaterThanOrEqual(2);
        expect(limit.limit).toBeLessThanOrEqual(12);
        expect(limit.inFlight).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test("a clock that is set back holds no decrease up", () => {
  const limit = new ConcurrencyLimit({ start: 100 });
  limit.leave("overloaded", startMs);
  limit.leave("overloaded", startMs - 3_600_000);
  expect(limit.limit).toBe(49);
});

test("what was taken is given back but for the first step, unless the limit has grown since", () => {
  const limit = new ConcurrencyLimit({ start: 10 });
  limit.restore();
  expect(limit.limit).toBe(10);
  for (const nowMs of [0, 500, 1000]) {
    limit.enter();
    limit.leave("overloaded", nowMs);
  }
  expect(limit.limit).toBe(3);
  limit.restore();
  expect(limit.limit).toBe(7);
  limit.enter();
  limit.leave("overloaded", 1500);
  const low = limit.limit;
  for (let call = 0; call < 3; call += 1) limit.enter();
  limit.leave("ok", 1600);
  limit.restore();
  expect(limit.limit).toBe(low + 1);
});
