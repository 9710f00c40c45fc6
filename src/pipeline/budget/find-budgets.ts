import type { Budget } from "../../endpoint/snapshot.ts";

/** Whose a call is. */
export interface Owner {
  readonly tenant: string;
  readonly keyId?: string;
  readonly keyName?: string;
  readonly team?: string;
  readonly endpoint?: string;
}

/** A budget that a call counts in, and the part of it that is its own. */
export interface OwnBudget {
  readonly budget: Budget;
  readonly subject: string;
}

/** The budgets of a call. One without a key, a team or an endpoint is in none that is for each of those. */
export function findBudgets(budgets: readonly Budget[], owner: Owner): readonly OwnBudget[] {
  const found: OwnBudget[] = [];
  for (const budget of budgets) {
    const subject = findSubject(budget, owner);
    if (subject !== undefined) found.push({ budget, subject });
  }
  return found;
}

function findSubject({ per, only }: Budget, owner: Owner): string | undefined {
  if (per === "all") return "";
  const subject = per === "key" ? owner.keyId : owner[per];
  if (subject === undefined || !only || only.has(subject)) return subject;
  return per === "key" && owner.keyName !== undefined && only.has(owner.keyName) ? subject : undefined;
}
