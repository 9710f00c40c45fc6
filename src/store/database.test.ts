import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import type { Database } from "./database.ts";
import { openEmbedded } from "./embedded/open-embedded.ts";

// On the embedded database, whose pool of one is the strictest.
let folder: TemporaryFolder;
let database: Database;

beforeAll(async () => {
  folder = await createStoreFolder();
  const log = pino({ enabled: false });
  database = await openEmbedded({ folder: folder.path, clock: systemClock, log, statementLimitMs: 10_000 });
  await database.query({ text: "create table notes (id integer primary key)" });
});
beforeEach(async () => {
  await database.query({ text: "truncate notes" });
});
afterAll(async () => {
  await database.close();
  folder.remove();
});

async function add(id: number): Promise<void> {
  await database.query({ name: "add_note", text: "insert into notes (id) values ($1)" }, [id]);
}

async function listIds(): Promise<number[]> {
  return (await database.query<{ id: number }>({ text: "select id from notes order by id" })).map(({ id }) => id);
}

test("statements inside of a transaction find it by themselves, side by side too", async () => {
  const seen = await database.transaction(async () => {
    await Promise.all([add(1), add(2), add(3)]);
    return await listIds();
  });
  expect(seen).toEqual([1, 2, 3]);
});

test("a transaction that throws leaves nothing, and the error comes through", async () => {
  const work = database.transaction(async () => {
    await add(1);
    throw new RangeError("changed my mind");
  });
  await expect(work).rejects.toMatchObject({ cause: new RangeError("changed my mind") });
  expect(await listIds()).toEqual([]);
});

test("a transaction whose statement failed is not reported as committed, even if the error was swallowed", async () => {
  const work = database.transaction(async () => {
    await add(1);
    await add(1).catch(() => {});
  });
  await expect(work).rejects.toMatchObject({ code: "internal" });
  expect(await listIds()).toEqual([]);
});

test("a transaction inside of another is part of it", async () => {
  const work = database.transaction(async () => {
    await database.transaction(() => add(1));
    throw new Error("outer");
  });
  await expect(work).rejects.toMatchObject({ cause: new Error("outer") });
  expect(await listIds()).toEqual([]);
});

test("statements of others wait for the transaction to end", async () => {
  const inside = Promise.withResolvers<void>();
  const transaction = database.transaction(async () => {
    await add(1);
    inside.resolve();
    await delay(20);
    await add(2);
  });
  await inside.promise;
  expect(await listIds()).toEqual([1, 2]);
  await transaction;
});

test("a statement left behind by a finished transaction is no part of the next one", async () => {
  const later = Promise.withResolvers<void>();
  let straggler: Promise<void> | undefined;
  await database.transaction(async () => {
    straggler = later.promise.then(() => add(7));
  });
  const next = database.transaction(async () => {
    later.resolve();
    await delay(20);
    throw new Error("taken back");
  });
  await expect(next).rejects.toMatchObject({ cause: new Error("taken back") });
  await straggler;
  expect(await listIds()).toEqual([7]);
});

test("a refused statement is `internal` with its cause, and the next one works", async () => {
  await add(1);
  await expect(add(1)).rejects.toMatchObject({ code: "internal", cause: { code: "23505" } });
  await add(2);
  expect(await listIds()).toEqual([1, 2]);
});
