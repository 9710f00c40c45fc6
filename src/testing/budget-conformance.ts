import { describe, expect, test } from "vitest";
import { createRequestId } from "../ids.ts";
import type { BudgetAccount, LeaseAnswer, LeaseRequest, Store } from "../store/store.ts";

let accounts = 0;

function createAccount(fields: Partial<BudgetAccount> = {}): BudgetAccount {
  accounts++;
  return {
    budget: `budget-${accounts}`,
    subject: "",
    unit: "microUsd",
    windowStartMs: Date.UTC(2026, 4, 1),
    windowEndMs: Date.UTC(2026, 5, 1),
    ...fields,
  };
}

type Change = (processId: string, account: BudgetAccount, wish: Partial<LeaseRequest>) => Promise<LeaseAnswer>;

/** What every store must do for budgets. */
export function describeBudgets(store: () => Store): void {
  const change: Change = async (processId, account, wish) => {
    const request = { ...account, limit: 1000, holds: 1000, need: 0, slack: 0, reserved: 0, ...wish };
    const [answer] = await store().changeLeases(processId, [request]);
    return answer!;
  };
  describe("leases of budgets", () => {
    describeLeases(store, change);
  });
  describe("answers about leases", () => {
    describeAnswers(change);
  });
  describe("accounts of budgets", () => {
    describeAccounts(store, change);
  });
}

function describeLeases(store: () => Store, change: Change): void {
  test("a lease is granted as far as the window has it, and what is given back can be granted again", async () => {
    const account = createAccount();
    expect(await change("a", account, { slack: 700 })).toEqual({
      granted: 700,
      spent: 0,
      held: 700,
      wantedByOthers: 0,
    });
    expect(await change("b", account, { slack: 700 })).toMatchObject({ granted: 300, held: 1000 });
    expect(await change("a", account, { slack: -900 })).toMatchObject({ granted: -700, held: 300 });
    expect(await change("b", account, { need: 600 })).toMatchObject({ granted: 600, held: 900 });
  });

  test("what a call waits for is granted whole or not at all, and the others are told", async () => {
    const account = createAccount();
    await change("a", account, { slack: 900 });
    expect(await change("b", account, { need: 200 })).toMatchObject({ granted: 0 });
    expect(await change("a", account, { slack: -500 })).toMatchObject({ granted: -500, wantedByOthers: 200 });
    expect(await change("b", account, { need: 200, slack: 100 })).toMatchObject({ granted: 300 });
    expect(await change("a", account, {})).toMatchObject({ wantedByOthers: 0 });
  });

  test("spending is taken from the process's lease as far as that goes", async () => {
    const account = createAccount();
    await change("a", account, { slack: 400 });
    expect(await store().addSpending([{ ...account, amount: 150 }], "a")).toEqual([150]);
    expect(await change("b", account, {})).toMatchObject({ spent: 150, held: 250 });
    const twice = [
      { ...account, amount: 100 },
      { ...account, amount: 300 },
    ];
    expect(await store().addSpending(twice, "a")).toEqual([100, 150]);
    expect(await change("b", account, { slack: 1000 })).toMatchObject({ spent: 550, granted: 450, held: 450 });
  });

  test("what an ended process has spent is added, and no lease pays for it until the process is ended", async () => {
    const account = createAccount();
    const [ended, living] = [createRequestId(Date.now()), createRequestId(Date.now())];
    await store().beat(ended);
    await change(ended, account, { slack: 600 });
    expect(await store().addSpending([{ ...account, amount: 100 }])).toEqual([0]);
    expect(await change(living, account, { slack: 1000 })).toMatchObject({ spent: 100, granted: 300 });
    await store().endProcesses([ended]);
    expect(await change(living, account, { slack: 1000 })).toMatchObject({ granted: 600, held: 900 });
    expect((await store().beat(ended)).wasKnown).toBe(false);
    await store().endProcesses([ended, living]);
  });
}

function describeAnswers(change: Change): void {
  test("what was granted by an answer that never came is free again", async () => {
    const account = createAccount();
    await change("a", account, { slack: 900 });
    expect(await change("a", account, { holds: 200, need: 50 })).toMatchObject({ granted: 50, held: 250 });
    expect(await change("b", account, { slack: 1000 })).toMatchObject({ granted: 750 });
  });

  test("what is given back while a call waits for more is given back in any case", async () => {
    const account = createAccount();
    await change("a", account, { slack: 300 });
    await change("b", account, { slack: 300 });
    expect(await change("a", account, { need: 400, slack: -300 })).toMatchObject({ granted: 100, held: 700 });
    expect(await change("b", account, {})).toMatchObject({ wantedByOthers: 0 });
    expect(await change("b", account, { need: 400, slack: -300 })).toMatchObject({ granted: -300, held: 400 });
    expect(await change("a", account, {})).toMatchObject({ wantedByOthers: 400 });
  });
}

function describeAccounts(store: () => Store, change: Change): void {
  test("windows, subjects and units are apart", async () => {
    const account = createAccount();
    const others = [
      { ...account, windowStartMs: account.windowEndMs, windowEndMs: account.windowEndMs + 1 },
      { ...account, subject: "blue" },
      { ...account, unit: "tokens" as const },
    ];
    await change("a", account, { slack: 1000 });
    for (const other of others) expect((await change("b", other, { slack: 1000 })).granted).toBe(1000);
  });

  test("processes see each other", async () => {
    const [one, other] = [createRequestId(Date.now()), createRequestId(Date.now())];
    expect(await store().beat(one)).toMatchObject({ wasKnown: false });
    expect(await store().beat(one)).toMatchObject({ wasKnown: true });
    const { others } = await store().beat(other);
    const seen = others.find(({ id }) => id === one);
    expect(seen?.silentMs).toBeGreaterThanOrEqual(0);
    await store().endProcesses([one, other]);
  });

  test("balances of windows are listed, with what is set aside", async () => {
    const window = { windowStartMs: Date.UTC(2031, 0, 1), windowEndMs: Date.UTC(2031, 1, 1) };
    const account = createAccount(window);
    await change("a", account, { slack: 300, reserved: 120 });
    await change("b", account, { slack: 200, reserved: 30 });
    await store().addSpending([{ ...account, amount: 50 }], "a");
    const balances = await store().listBalances([window.windowStartMs]);
    expect(balances).toEqual([{ ...account, spent: 50, held: 450, reserved: 150 }]);
  });

  test("ended windows are forgotten with their leases", async () => {
    const window = { windowStartMs: Date.UTC(2001, 0, 1), windowEndMs: Date.UTC(2001, 1, 1) };
    const account = createAccount(window);
    await change("a", account, { slack: 300 });
    await store().dropBudgetWindows(window.windowEndMs);
    expect(await store().listBalances([window.windowStartMs])).toHaveLength(1);
    await store().dropBudgetWindows(window.windowEndMs + 1);
    expect(await store().listBalances([window.windowStartMs])).toEqual([]);
  });

  test("many processes that ask at once never get more than there is", async () => {
    const account = createAccount();
    const asked = Array.from({ length: 40 }, (_, index) => change(`p${index % 8}`, account, { need: 40 }));
    const granted = (await Promise.all(asked)).map((answer) => answer.granted);
    expect(granted.filter((amount) => amount === 40)).toHaveLength(25);
    expect(granted.filter((amount) => amount === 0)).toHaveLength(15);
  });
}
