import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HedgeCap } from "./hedge-cap.ts";

const startMs = 1_700_000_000_000;
const hourMs = 3_600_000;

test("no hour costs more than the cap, wherever the hour begins", () => {
  const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 900_000 }), fc.integer({ min: 0, max: 400 })), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(asks, (steps) => {
      const cap = new HedgeCap();
      const taken: { readonly atMs: number; readonly cost: number }[] = [];
      let nowMs = startMs;
      for (const [ms, cost] of steps) {
        nowMs += ms;
        if (cap.tryTake(cost, nowMs, 1000)) taken.push({ atMs: nowMs, cost });
        const lastHour = taken.filter(({ atMs }) => atMs > nowMs - hourMs);
        expect(lastHour.reduce((sum, entry) => sum + entry.cost, 0)).toBeLessThanOrEqual(1000);
      }
    }),
  );
});

test("a hedge that cannot be paid for is not made, and what was spent is free again after an hour", () => {
  const cap = new HedgeCap();
  expect(cap.tryTake(600, startMs, 1000)).toBe(true);
  expect(cap.tryTake(600, startMs, 1000)).toBe(false);
  expect(cap.tryTake(400, startMs, 1000)).toBe(true);
  expect(cap.tryTake(1, startMs + hourMs, 1000)).toBe(false);
  expect(cap.tryTake(1000, startMs + hourMs + 60_000, 1000)).toBe(true);
});

test("a refund is there to be spent, and no refund is worth more than was taken", () => {
  const cap = new HedgeCap();
  cap.tryTake(1000, startMs, 1000);
  cap.refund(300, startMs, startMs + 5 * 60_000);
  expect(cap.spentMicroUsd(startMs + 5 * 60_000)).toBe(700);
  cap.refund(5000, startMs, startMs + 5 * 60_000);
  expect(cap.tryTake(1001, startMs + 5 * 60_000, 1000)).toBe(false);
  expect(cap.tryTake(1000, startMs + 5 * 60_000, 1000)).toBe(true);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -5])("a cost of %d is not taken", (cost) => {
  const cap = new HedgeCap();
  expect(cap.tryTake(cost, startMs, 1000)).toBe(false);
  expect(cap.spentMicroUsd(startMs)).toBe(0);
});
