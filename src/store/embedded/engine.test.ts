import { renameSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HeadgateError } from "../../errors.ts";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import type { Database } from "../database.ts";
import { openEmbedded } from "./open-embedded.ts";

const statementLimitMs = 5000;
const endless = { text: "select count(*) from generate_series(1, 1000000000000)" };

let folder: TemporaryFolder;
let clock: ManualClock;
let database: Database;

beforeEach(async () => {
  folder = await createStoreFolder();
  clock = createManualClock();
  database = await openEmbedded({ folder: folder.path, clock, log: pino({ enabled: false }), statementLimitMs });
  await database.query({ text: "create table notes (id integer)" });
});
afterEach(async () => {
  await database.close();
  folder.remove();
});

async function countNotes(): Promise<number | undefined> {
  const [row] = await database.query<{ count: number }>({ name: "count", text: "select count(*) from notes" });
  return row?.count;
}

test("a statement over its limit rejects with `store_unavailable`; the next works, and committed rows are there", async () => {
  await database.query({ text: "insert into notes values (1)" });
  const hung = database.query(endless);
  const next = countNotes();
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  clock.advance(statementLimitMs);
  await expect(hung).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await next).toBe(1);
});

test("a transaction that hangs is taken back, and so is what it did before", async () => {
  const hung = database.transaction(async () => {
    await database.query({ text: "insert into notes values (1)" });
    const waiting = database.query(endless);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    clock.advance(statementLimitMs);
    await waiting;
  });
  await expect(hung).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await countNotes()).toBe(0);
});

test("a panic of its Postgres is survived: the statement rejects, the next works, committed rows are there", async () => {
  await database.query({ text: "insert into notes values (1)" });
  const log = join(folder.path, "pgdata-18", "pg_wal");
  renameSync(log, `${log}.away`);
  const large = "insert into notes select generate_series(1, 400000)";
  await expect(database.query({ text: large })).rejects.toMatchObject({ code: "store_unavailable" });
  renameSync(`${log}.away`, log);
  expect(await countNotes()).toBe(1);
});

test("an engine that cannot start again makes statements reject, until it can", async () => {
  const folders = ["pg_wal", "global"].map((name) => join(folder.path, "pgdata-18", name));
  for (const path of folders) renameSync(path, `${path}.away`);
  const large = "insert into notes select generate_series(1, 400000)";
  await expect(database.query({ text: large })).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(countNotes()).rejects.toMatchObject({ code: "store_unavailable" });
  for (const path of folders) renameSync(`${path}.away`, path);
  expect(await countNotes()).toBe(0);
});

test("a connection that replaces another starts with a clean session", async () => {
  await database.query({ text: "set search_path = nowhere" });
  const broken = database.transaction(async () => {
    await database.query({ text: "insert into public.notes values (1)" });
    throw new HeadgateError("store_unavailable");
  });
  await expect(broken).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await countNotes()).toBe(0);
});

test("statements within their limit leave no timer behind", async () => {
  await countNotes();
  expect(clock.waiting).toBe(0);
});

test("large questions and answers come through whole", async () => {
  const text = "é".repeat(3_000_000);
  const [row] = await database.query<{ text: string }>({ text: "select $1::text as text" }, [text]);
  expect(row?.text === text).toBe(true);
});

test("closing lets a statement in flight end", async () => {
  const counting = countNotes();
  await database.close();
  expect(await counting).toBe(0);
});
