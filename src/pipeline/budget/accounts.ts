import { findWindow } from "../../calendar-window.ts";
import type { BudgetUnit } from "../../store/store.ts";
import { Account } from "./account.ts";
import type { OwnBudget } from "./find-budgets.ts";

/** The accounts that this process knows: made when they are first asked for, forgotten when nothing hangs on them. */
export class Accounts {
  readonly #byKey = new Map<string, Account>();

  /** Those of a budget at a moment: one for each unit that it limits. */
  of({ budget, subject }: OwnBudget, atMs: number): readonly Account[] {
    const accounts: Account[] = [];
    if (budget.microUsd !== undefined) accounts.push(this.#find(budget, subject, "microUsd", atMs));
    if (budget.tokens !== undefined) accounts.push(this.#find(budget, subject, "tokens", atMs));
    return accounts;
  }

  /** The same budget's account of the window after. */
  after({ budget, subject, unit, window }: Account): Account {
    return this.#find(budget, subject, unit, window.endMs);
  }

  list(): readonly Account[] {
    return [...this.#byKey.values()];
  }

  delete(account: Account): void {
    this.#byKey.delete(keyOf(account.budget.name, account.subject, account.unit, account.window.startMs));
  }

  #find(budget: Account["budget"], subject: string, unit: BudgetUnit, atMs: number): Account {
    const window = findWindow(budget.window, budget.timeZone, atMs);
    const key = keyOf(budget.name, subject, unit, window.startMs);
    let account = this.#byKey.get(key);
    if (!account) this.#byKey.set(key, (account = new Account({ budget, subject, unit, window })));
    account.budget = budget;
    return account;
  }
}

function keyOf(budget: string, subject: string, unit: BudgetUnit, startMs: number): string {
  return `${budget}\n${unit}\n${startMs}\n${subject}`;
}
