import { systemClock } from "../../../src/clock.ts";
import type { CallRecord } from "../../../src/store/store.ts";
import { openStore } from "../../../src/store/connect.ts";
import { createRandom } from "./random.ts";
import { nameRow } from "./row-id.ts";
import { openWithoutSync } from "./without-sync.ts";

/**
 * Writes batches until its power is cut, and names on stdout what was acknowledged: "batch size" per line.
 * node writer.ts <folder> <run> <seed> durable|default
 */
const [folder = "", run = "0", seed = "1", mode = "durable"] = process.argv.slice(2);
const random = createRandom(Number(seed));

const insert = mode === "default" ? await openWithoutSync(folder) : await openDurable();
for (let batch = 0; ; batch++) {
  const rows = 1 + Math.floor(random() * 200);
  await insert(Array.from({ length: rows }, (_, row) => nameRow(Number(run), batch, row)));
  // Written at once, to a pipe, before the next batch: what stands here has been promised.
  process.stdout.write(`${batch} ${rows}\n`);
}

async function openDurable(): Promise<(ids: readonly string[]) => Promise<void>> {
  const store = await openStore({ folder, clock: systemClock, maintenanceIntervalMs: 200 });
  return (ids) => store.insertRecords(ids.map(createRecord));
}

function createRecord(requestId: string): CallRecord {
  return {
    requestId,
    startedAtMs: Date.now(),
    durationMs: 1,
    surface: "endpoint",
    tenant: "default",
    snapshotId: "s".repeat(200),
    status: "ok",
    isStream: false,
    inputTokens: 1,
    outputTokens: 1,
    cachedInputTokens: 0,
    reasoningTokens: 0,
    isUsageEstimated: false,
    costMicroUsd: null,
    cache: "none",
    attempts: 1,
    attemptDetails: [],
    rungs: [],
  };
}
