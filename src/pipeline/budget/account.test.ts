import { expect, test } from "vitest";
import { findWindow } from "../../calendar-window.ts";
import { Account } from "./account.ts";
import { createBudget } from "./budget-fixture.ts";

const window = findWindow("day", "UTC", Date.UTC(2026, 4, 1, 12));

function createAccount(granted: number): Account {
  const budget = createBudget("all", { microUsd: 100 });
  const account = new Account({ budget, subject: "", unit: "microUsd", window });
  account.ask({ need: 0, slack: granted });
  account.learn({ granted, spent: 0, held: granted, wantedByOthers: 0 });
  return account;
}

test("what is set aside, settled and stored is taken from the lease once", () => {
  const account = createAccount(80);
  account.reserve(50);
  expect(account.available).toBe(30);
  account.release(50);
  account.settle(20);
  expect([account.available, account.spent, account.lease]).toEqual([60, 20, 80]);
  account.store(20, 20, "own");
  expect([account.available, account.spent, account.lease]).toEqual([60, 20, 60]);
});

test("records of an ended process free nothing of what this one has settled", () => {
  const account = createAccount(80);
  account.settle(30);
  account.store(20, 0, "adopted");
  expect([account.available, account.spent]).toEqual([50, 50]);
});

test("what is given back is not there any more, whether the store has answered or not", () => {
  const account = createAccount(80);
  account.reserve(30);
  account.ask({ need: 0, slack: -50 });
  expect(account.available).toBe(0);
  account.learn({ granted: -50, spent: 0, held: 30, wantedByOthers: 0 });
  expect([account.available, account.lease]).toEqual([0, 30]);
});

test("what was spent is counted once, in whichever order the store and the records tell of it", () => {
  const account = createAccount(80);
  account.settle(20);
  account.ask({ need: 0, slack: 0 });
  account.learn({ granted: 0, spent: 20, held: 60, wantedByOthers: 0 });
  account.store(20, 20, "own");
  account.ask({ need: 0, slack: 0 });
  account.learn({ granted: 0, spent: 20, held: 60, wantedByOthers: 0 });
  expect(account.spent).toBe(20);
});
