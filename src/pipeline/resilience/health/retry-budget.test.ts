import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.ts";

test("three may retry at any load, and a fifth of the calls where that is more", () => {
  const budget = new RetryBudget();
  expect([budget.take(), budget.take(), budget.take(), budget.take()]).toEqual([true, true, true, false]);
  for (let call = 0; call < 20; call += 1) budget.enter();
  expect([budget.take(), budget.take()]).toEqual([true, false]);
  budget.give();
  expect(budget.take()).toBe(true);
});

const anyStep = fc.constantFrom("enter" as const, "leave" as const, "take" as const, "give" as const);

test("is never exceeded when a retry is granted, and refuses none that fits", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 400 }), (steps) => {
      const budget = new RetryBudget();
      let active = 0;
      let retries = 0;
      for (const step of steps) {
        const fits = retries + 1 <= Math.max(3, active * 0.2);
        const isGranted = step === "take" && budget.take();
        expect(isGranted).toBe(step === "take" && fits);
        if (step !== "take") budget[step]();
        active = Math.max(0, active + (step === "enter" ? 1 : step === "leave" ? -1 : 0));
        retries = Math.max(0, retries + (isGranted ? 1 : step === "give" ? -1 : 0));
        expect(budget.retries).toBe(retries);
        expect(budget.active).toBe(active);
      }
    }),
  );
});
