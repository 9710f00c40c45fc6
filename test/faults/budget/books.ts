import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/clock.ts";
import { openStore } from "../../../src/store/connect.ts";
import type { BudgetBalance, CallRecord } from "../../../src/store/store.ts";

/** What a database says of its budgets, and all of its records. */
export interface Books {
  readonly balances: readonly BudgetBalance[];
  readonly records: readonly CallRecord[];
}

/** @param windowStartsMs of the budgets' windows; what began before is not read */
export async function readBooks(databaseUrl: string, windowStartsMs: readonly number[]): Promise<Books> {
  const folder = mkdtempSync(join(tmpdir(), "headgate-books-"));
  const store = await openStore({ databaseUrl, folder, clock: systemClock });
  try {
    const balances = await store.listBalances(windowStartsMs);
    const records = new Map<string, CallRecord>();
    const firstMs = Math.min(...windowStartsMs);
    for (let beforeMs: number | undefined; ;) {
      const page = await store.listRecords({ limit: 500, ...(beforeMs === undefined ? {} : { beforeMs }) });
      for (const record of page) if (record.startedAtMs >= firstMs) records.set(record.requestId, record);
      const lastMs = page.at(-1)?.startedAtMs ?? 0;
      if (page.length < 500 || lastMs < firstMs) return { balances, records: [...records.values()] };
      // Calls of several processes may start within the same microsecond.
      beforeMs = lastMs + 0.001;
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whose share of a budget a record is in. Undefined: in none. */
type SubjectOf = (record: CallRecord) => string | undefined;

/** What an account says to be spent beyond what its records have cost, or short of it. */
export interface Drift {
  readonly account: string;
  readonly drift: number;
}

/** @param subjects by the budget's name */
export function findDrifts(
  { balances, records }: Books,
  subjects: Readonly<Record<string, SubjectOf>>,
): readonly Drift[] {
  return balances.flatMap(({ budget, subject, unit, windowStartMs, windowEndMs, spent }) => {
    const subjectOf = subjects[budget];
    if (!subjectOf) return [];
    let cost = 0;
    for (const record of records) {
      if (record.startedAtMs < windowStartMs || record.startedAtMs >= windowEndMs) continue;
      if (subjectOf(record) !== subject) continue;
      cost += unit === "tokens" ? record.inputTokens + record.outputTokens : (record.costMicroUsd ?? 0);
    }
    const account = `${budget}/${subject || "all"}/${unit} of ${new Date(windowStartMs).toISOString()}`;
    return spent === cost ? [] : [{ account, drift: spent - cost }];
  });
}
