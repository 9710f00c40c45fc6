import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import type { Database } from "./database.ts";
import { openEmbedded } from "./embedded/open-embedded.ts";
import type { Migration } from "./migrate.ts";
import { migrate, ownMigrations, readMigrations } from "./migrate.ts";

let folder: TemporaryFolder;
let database: Database;

beforeAll(async () => {
  folder = await createStoreFolder();
  const log = pino({ enabled: false });
  database = await openEmbedded({ folder: folder.path, clock: systemClock, log, statementLimitMs: 10_000 });
});
beforeEach(async () => {
  await database.query({ text: "drop schema public cascade" });
  await database.query({ text: "create schema public" });
});
afterAll(async () => {
  await database.close();
  folder.remove();
});

let written = 0;

function write(files: Record<string, string>): readonly Migration[] {
  const path = join(folder.path, `migrations-${++written}`);
  mkdirSync(path);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(path, name), sql);
  return readMigrations(path);
}

async function has(table: string): Promise<boolean> {
  const [row] = await database.query<{ found: boolean }>({ text: "select to_regclass($1) is not null as found" }, [
    table,
  ]);
  return row?.found ?? false;
}

test("files are applied in the order of their names, each once", async () => {
  const first = { "0001-a.sql": "create table a (id integer); create table b (id integer);" };
  await migrate(database, write(first));
  await migrate(database, write({ "0003-d.sql": "drop table c", ...first, "0002-c.sql": "alter table b rename to c" }));
  expect([await has("a"), await has("b"), await has("c")]).toEqual([true, false, false]);
});

test("a file that fails takes all of this run back", async () => {
  const files = write({ "0001-a.sql": "create table a (id integer)", "0002-b.sql": "create table a (id integer)" });
  await expect(migrate(database, files)).rejects.toMatchObject({ code: "internal" });
  expect(await has("a")).toBe(false);
  await migrate(database, write({ "0001-a.sql": "create table a (id integer)" }));
  expect(await has("a")).toBe(true);
});

test("a file that was changed after it was applied is named, and nothing is applied", async () => {
  await migrate(database, write({ "0001-a.sql": "create table a (id integer)" }));
  const changed = write({ "0001-a.sql": "create table a (id bigint)", "0002-b.sql": "create table b (id integer)" });
  await expect(migrate(database, changed)).rejects.toMatchObject({
    code: "store_corrupt",
    detail: expect.stringContaining("0001-a.sql was changed"),
  });
  expect(await has("b")).toBe(false);
});

test("other line ends are not a change", async () => {
  await migrate(database, write({ "0001-a.sql": "create table a (\n  id integer\n)" }));
  const converted = write({ "0001-a.sql": "create table a (\r\n  id integer\r\n)" });
  await expect(migrate(database, converted)).resolves.toBeUndefined();
});

test("a store that a newer version has written is refused", async () => {
  await migrate(database, write({ "0001-a.sql": "select 1", "0002-b.sql": "select 1" }));
  await expect(migrate(database, write({ "0001-a.sql": "select 1" }))).rejects.toMatchObject({
    code: "store_corrupt",
    detail: expect.stringContaining("newer"),
  });
});

test("two at once apply each file once", async () => {
  const files = write({ "0001-a.sql": "create table a (id integer)" });
  await Promise.all([migrate(database, files), migrate(database, files)]);
  expect(await has("a")).toBe(true);
});

test("our own files are numbered without gaps", () => {
  const numbers = readMigrations(ownMigrations).map(({ name }) => Number(name.slice(0, 4)));
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
});
