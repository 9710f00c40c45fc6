import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RollingSum } from "./rolling-sum.ts";

const startMs = 1_700_000_000_000;

test("sums what the running slot and the ones before it hold, whatever was added when", () => {
  const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 2500 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(entries, (steps) => {
      const sum = new RollingSum(5, 1000);
      const added: { slot: number; amount: number }[] = [];
      let nowMs = startMs;
      for (const [ms, amount] of steps) {
        nowMs += ms;
        sum.add(amount, nowMs);
        added.push({ slot: Math.floor(nowMs / 1000), amount });
        const oldest = Math.floor(nowMs / 1000) - 4;
        const expected = added.reduce((total, { slot, amount: part }) => total + (slot >= oldest ? part : 0), 0);
        expect(sum.total(nowMs)).toBe(expected);
      }
    }),
  );
});

test("takes back from the slot that it was added in, and nothing once that has aged out", () => {
  const sum = new RollingSum(3, 1000);
  sum.add(10, startMs);
  sum.add(5, startMs + 2000);
  sum.takeBack(4, startMs, startMs + 2000);
  expect(sum.total(startMs + 2000)).toBe(11);
  expect(sum.total(startMs + 3000)).toBe(5);
  sum.takeBack(6, startMs, startMs + 3000);
  expect(sum.total(startMs + 3000)).toBe(5);
  sum.add(8, startMs + 3000);
  sum.takeBack(6, startMs, startMs + 3000);
  expect(sum.total(startMs + 3000)).toBe(13);
  sum.takeBack(50, startMs + 2000, startMs + 3000);
  expect(sum.total(startMs + 3000)).toBe(8);
});

test("a time that is a little old ages nothing", () => {
  const sum = new RollingSum(3, 1000);
  sum.add(7, startMs);
  for (let turn = 0; turn < 10; turn += 1) {
    expect(sum.total(startMs + 1000)).toBe(7);
    expect(sum.total(startMs - 1000)).toBe(7);
  }
});

test("a clock that is set back by an hour ages nothing and keeps nothing for an hour", () => {
  const sum = new RollingSum(3, 1000);
  sum.add(7, startMs);
  const backMs = startMs - 3_600_000;
  expect(sum.total(backMs)).toBe(7);
  expect(sum.total(backMs + 2000)).toBe(7);
  expect(sum.total(backMs + 3000)).toBe(0);
});
