import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createRecord } from "../testing/store-conformance.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import type { Database } from "./database.ts";
import { openEmbedded } from "./embedded/open-embedded.ts";
import { migrate, ownMigrations, readMigrations } from "./migrate.ts";
import { rowColumns, toRow } from "./record-columns.ts";
import { createRequestDays } from "./request-days.ts";
import { createUsageStore } from "./usage-store.ts";

let folder: TemporaryFolder;
let database: Database;

beforeAll(async () => {
  folder = await createStoreFolder();
  const log = pino({ enabled: false });
  database = await openEmbedded({ folder: folder.path, clock: systemClock, log, statementLimitMs: 10_000 });
  await database.query({ text: "drop schema public cascade" });
  await database.query({ text: "create schema public" });
});
afterAll(async () => {
  await database.close();
  folder.remove();
});

/** The migrations before usage was counted. */
function copyOldMigrations(): string {
  const path = join(folder.path, "old-migrations");
  mkdirSync(path);
  for (const name of readdirSync(ownMigrations).filter((file) => file < "0007")) {
    cpSync(join(ownMigrations, name), join(path, name));
  }
  return path;
}

test("records of before usage was counted are counted when the store is brought up to date", async () => {
  await migrate(database, readMigrations(copyOldMigrations()));
  const startMs = Date.UTC(2026, 10, 24, 10);
  const records = [
    createRecord({ startedAtMs: startMs, team: "news", costMicroUsd: 7 }),
    createRecord({ startedAtMs: startMs + 3_599_999, team: "news", costMicroUsd: null, status: "error" }),
    createRecord({ startedAtMs: startMs + 3_600_000, team: "news", costMicroUsd: 5, savedMicroUsd: 3 }),
    createRecord({ startedAtMs: startMs + 1, team: undefined }),
  ];
  await createRequestDays(database).prepare([startMs]);
  await database.copy(`copy headgate_requests (${rowColumns}) from stdin`, Buffer.from(records.map(toRow).join("")));
  await migrate(database, readMigrations(ownMigrations));
  const rows = await createUsageStore(database).sumUsage({
    startsMs: [startMs, startMs + 3_600_000],
    endMs: startMs + 7_200_000,
    by: ["team", "key", "model", "surface"],
    only: { team: "news" },
    limit: 10,
  });
  const names = ["news", "key_1", "small-model", "endpoint"];
  expect(rows).toMatchObject([
    { window: 0, names, requests: 2, errors: 1, costMicroUsd: 7, unpricedRequests: 1, inputTokens: 2400 },
    { window: 1, names, requests: 1, errors: 0, costMicroUsd: 5, unpricedRequests: 0, savedMicroUsd: 3 },
  ]);
});
