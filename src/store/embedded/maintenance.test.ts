import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../clock.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import type { Database } from "../database.ts";
import { createMaintenance } from "./maintenance.ts";
import { openEmbedded } from "./open-embedded.ts";

let folder: TemporaryFolder;
let database: Database;

beforeEach(async () => {
  folder = await createStoreFolder();
  const log = pino({ enabled: false });
  database = await openEmbedded({ folder: folder.path, clock: systemClock, log, statementLimitMs: 10_000 });
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

async function ask(text: string): Promise<number> {
  const [row] = await database.query<{ answer: number }>({ text: `select (${text})::float8 as answer` });
  return row?.answer ?? Number.NaN;
}

const sinceCheckpoint = "pg_current_wal_lsn() - (select redo_lsn from pg_control_checkpoint())";

test("the log is checkpointed once enough was written since the last time", async () => {
  const maintain = createMaintenance({ database, checkpointBytes: 1_000_000 });
  await maintain();
  await database.query({ text: "create table notes as select repeat('x', 100) from generate_series(1, 2000)" });
  await maintain();
  expect(await ask(sinceCheckpoint)).toBeGreaterThan(200_000);
  await database.query({ text: "insert into notes select repeat('x', 100) from generate_series(1, 9000)" });
  await maintain();
  expect(await ask(sinceCheckpoint)).toBeLessThan(10_000);
});

test("a table with many dead rows is vacuumed, and one with few is not", async () => {
  const maintain = createMaintenance({ database, checkpointBytes: 1e9 });
  for (const [table, deleted] of [
    ["busy", 900],
    ["calm", 9],
  ] as const) {
    await database.query({ text: `create table ${table} (id integer)` });
    await database.query({ text: `insert into ${table} select generate_series(1, 1000)` });
    await database.query({ text: `delete from ${table} where id <= ${deleted}` });
  }
  await maintain();
  expect(await ask("select vacuum_count from pg_stat_user_tables where relname = 'busy'")).toBe(1);
  expect(await ask("select vacuum_count from pg_stat_user_tables where relname = 'calm'")).toBe(0);
});
