import { expect, test } from "vitest";
import { findWindow } from "../../calendar-window.ts";
import { Account } from "./account.ts";
import { createBudget } from "./budget-fixture.ts";

const window = findWindow("day", "UTC", Date.UTC(2026, 4, 1, 12));

function createAccount(granted: number): Account {
  const budget = createBudget("all", { microUsd: 100 });
  const account = new Account({ budget, subject: "", unit: "microUsd", window });
  account.learn({ granted, spent: 0, held: granted, wantedByOthers: 0 }, 0);
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
