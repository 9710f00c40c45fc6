import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findWindow } from "../../../src/calendar-window.ts";
import { hostilePrices, type HostileEntry } from "../../../src/testing/hostile-provider/hostile-ledger.ts";
import { startHostile } from "../hostile-process.ts";
import { readBooks } from "./books.ts";
import { startCaller, type FiringCounts } from "./caller-process.ts";
import { createCallerProject } from "./caller-project.ts";
import { listFaults, type PartOptions, type PartResult } from "./part.ts";

interface AtOnce {
  /** Of budget and endpoint. */
  readonly name: string;
  readonly budgetMicroUsd: number;
  readonly price: unknown;
  /** Calls of each of two processes, all together. */
  readonly calls: number;
  readonly atOnce: number;
  readonly costOf: (entry: HostileEntry) => number;
}

/** Two processes that ask for more than the budget has, and what all sides say of it. */
interface AtOnceEnd {
  readonly counts: readonly FiringCounts[];
  readonly entries: readonly HostileEntry[];
  readonly spent: number;
  readonly held: number;
  readonly recorded: number;
  readonly provided: number;
  readonly faults: string[];
}

async function fireAtOnce({ databaseUrl }: PartOptions, order: AtOnce): Promise<AtOnceEnd> {
  const provider = await startHostile();
  const dataFolder = mkdtempSync(join(tmpdir(), "headgate-budget-"));
  const project = createCallerProject({ ...order, model: "ok", baseUrl: provider.url, dataFolder });
  const callers = await Promise.all([startCaller(project, databaseUrl), startCaller(project, databaseUrl)]);
  try {
    const firing = { calls: order.calls, atOnce: order.atOnce, text: "Tell me of bridge" };
    const counts = await Promise.all(callers.map((caller) => caller.fire(firing)));
    await Promise.all(callers.map((caller) => caller.close()));
    const { startMs } = findWindow("month", "UTC", Date.now());
    const { balances, records } = await readBooks(databaseUrl, [startMs]);
    const balance = balances.find(({ budget }) => budget === order.name);
    const own = records.filter(({ endpoint }) => endpoint === order.name);
    const entries = await provider.readLedger();
    const [spent, held] = [balance?.spent ?? -1, balance?.held ?? -1];
    const recorded = own.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? Number.NaN), 0);
    const provided = entries.reduce((sum, entry) => sum + order.costOf(entry), 0);
    const codes = counts.flatMap((each) => Object.keys(each.codes)).filter((code) => code !== "budget_exceeded");
    const faults = listFaults({
      "spent is over the limit": spent <= order.budgetMicroUsd,
      [`the store says ${spent}, the records ${recorded}, the provider ${provided}`]:
        spent === recorded && recorded === provided,
      [`${held} is still held`]: held === 0,
      [`failed otherwise: ${codes.join(", ")}`]: codes.length === 0,
    });
    return { counts, entries, spent, held, recorded, provided, faults };
  } finally {
    await Promise.all(callers.map((caller) => caller.kill()));
    await provider.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** 10,000 calls at once against a budget for exactly 1,000. */
export async function fireFixedCost(options: PartOptions): Promise<PartResult> {
  const [perCallMicroUsd, budgetMicroUsd] = [1000, 1_000_000];
  const end = await fireAtOnce(options, {
    name: "fixed-cost",
    budgetMicroUsd,
    price: { inputPerMillionUsd: 0, outputPerMillionUsd: 0, perRequestUsd: perCallMicroUsd / 1e6 },
    calls: 5000,
    atOnce: 5000,
    costOf: () => perCallMicroUsd,
  });
  const ideal = budgetMicroUsd / perCallMicroUsd;
  const admitted = end.counts.reduce((sum, count) => sum + count.admitted, 0);
  return {
    line: `10,000 at once for ${ideal}: ${admitted} admitted (${end.counts.map((count) => count.admitted).join(" + ")}), the provider saw ${end.entries.length}, overshoot ${Math.max(0, end.spent - budgetMicroUsd)}, drift ${end.spent - end.recorded}`,
    faults: [
      ...end.faults,
      ...listFaults({
        [`${admitted} were admitted`]: admitted === ideal,
        [`the provider saw ${end.entries.length}`]: end.entries.length === ideal,
      }),
    ],
  };
}

/** Calls that may cost several times what they do, until the budget is used up. */
export async function fireTokenCost(options: PartOptions): Promise<PartResult> {
  const { inputMicroUsd, outputMicroUsd } = hostilePrices;
  const budgetMicroUsd = options.isShort ? 100_000 : 200_000;
  const end = await fireAtOnce(options, {
    name: "token-cost",
    budgetMicroUsd,
    price: { inputPerMillionUsd: inputMicroUsd, outputPerMillionUsd: outputMicroUsd },
    calls: 5000,
    atOnce: 64,
    costOf: ({ costMicroUsd }) => costMicroUsd,
  });
  const refusedAtMs = Math.min(
    ...end.counts.map(({ firstRefusedAtMs = Number.POSITIVE_INFINITY }) => firstRefusedAtMs),
  );
  const costs = end.entries
    .filter(({ receivedAtMs }) => receivedAtMs <= refusedAtMs)
    .map((entry) => entry.costMicroUsd);
  const used = costs.reduce((sum, cost) => sum + cost, 0) / budgetMicroUsd;
  const ideal = budgetMicroUsd / (end.provided / end.entries.length);
  const share = end.entries.length / ideal;
  return {
    line: `token prices: ${percent(used)} of the budget used when the first was refused (bar 90 %), ${end.entries.length} of ${Math.floor(ideal)} admitted (${percent(share)}), overshoot ${Math.max(0, end.spent - budgetMicroUsd)}, drift ${end.spent - end.recorded}`,
    faults: [...end.faults, ...listFaults({ "the first was refused too early": used >= 0.9 })],
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
