import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findWindow } from "../../../src/calendar-window.ts";
import { startHostile, type HostileProcess } from "../hostile-process.ts";
import { readBooks } from "./books.ts";
import { createCallerProject } from "./caller-project.ts";
import { startCaller } from "./caller-process.ts";
import { listFaults, type PartOptions, type PartResult } from "./part.ts";

const name = "killed";
const perCallMicroUsd = 1000;
const calls = 300;
const barMs = 60_000;

/** A process dies with all of a budget set aside: how long until another one of its machine has spent all of it. */
export async function killHolder({ databaseUrl }: PartOptions): Promise<PartResult> {
  const provider = await startHostile();
  const dataFolder = mkdtempSync(join(tmpdir(), "headgate-budget-"));
  const price = { inputPerMillionUsd: 0, outputPerMillionUsd: 0, perRequestUsd: perCallMicroUsd / 1e6 };
  const order = { name, price, budgetMicroUsd: calls * perCallMicroUsd, baseUrl: provider.url, dataFolder };
  const slow = createCallerProject({ ...order, model: "ok?ttft=60000" });
  const holder = await startCaller(slow, databaseUrl);
  const heir = await startCaller(createCallerProject({ ...order, model: "ok" }), databaseUrl);
  try {
    // It never tells how they ended.
    holder.fire({ calls, atOnce: calls, text: "Tell me of bridge" }).catch(() => {});
    await untilAsked(provider);
    const killedAtMs = Date.now();
    await holder.kill();
    const { codes, endedAtMs } = await heir.fire({ calls: 16, atOnce: 16, untilAdmitted: calls, text: "And of ferry" });
    await heir.close();
    const tookMs = endedAtMs - killedAtMs;
    const { balances } = await readBooks(databaseUrl, [findWindow("month", "UTC", Date.now()).startMs]);
    const { spent = -1, held = -1 } = balances.find(({ budget }) => budget === name) ?? {};
    const others = Object.keys(codes).filter((code) => code !== "budget_exceeded");
    return {
      line: `kill -9 with ${calls} calls set aside: another process had spent all of it after ${(tookMs / 1000).toFixed(1)} s (bar ${barMs / 1000} s), overshoot ${Math.max(0, spent - calls * perCallMicroUsd)}`,
      faults: listFaults({
        "took too long": tookMs <= barMs,
        [`${spent} is spent, and ${held} held`]: spent === calls * perCallMicroUsd && held === 0,
        [`failed otherwise: ${others.join(", ")}`]: others.length === 0,
      }),
    };
  } finally {
    await Promise.all([holder.kill(), heir.kill()]);
    await provider.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function untilAsked(provider: HostileProcess): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    const { requests } = await provider.readState();
    if (requests >= calls) return;
    await sleep(50);
  }
  throw new Error("The provider was not asked by all calls.");
}
