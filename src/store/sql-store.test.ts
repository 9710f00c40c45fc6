import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createRecord } from "../testing/store-conformance.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import { openStore } from "./connect.ts";
import type { SqlStore } from "./sql-store.ts";

let folder: TemporaryFolder;
let store: SqlStore;

beforeAll(async () => {
  folder = await createStoreFolder();
  store = await openStore({ folder: folder.path, clock: systemClock });
});
afterAll(async () => {
  await store.close();
  folder.remove();
});

// Starts of one process differ by microseconds: the millisecond has a fraction.
const firstMicros = Date.UTC(2026, 10, 24, 10, 20, 30, 456) * 1000 - 500;
const records = Array.from({ length: 1000 }, (_, at) => createRecord({ startedAtMs: (firstMicros + at) / 1000 }));
const newestFirst = records.map(({ startedAtMs }) => startedAtMs).toReversed();

test("a thousand starts in a row, a microsecond apart, come back exactly", async () => {
  await store.insertRecords(records);
  const listed = await store.listRecords({ limit: 500 });
  const before = await store.listRecords({ limit: 500, beforeMs: listed.at(-1)!.startedAtMs });
  expect([...listed, ...before].map(({ startedAtMs }) => startedAtMs)).toEqual(newestFirst);
});

test("each record's start is a page border that skips and repeats nothing", async () => {
  await store.insertRecords(records);
  const next = await Promise.all(newestFirst.map((beforeMs) => store.listRecords({ limit: 1, beforeMs })));
  expect(next.flat().map(({ startedAtMs }) => startedAtMs)).toEqual(newestFirst.slice(1));
});

test("who follows records gets each new one once, and what was stored without an answer as known", async () => {
  const seen: (readonly (readonly string[])[])[] = [];
  store.followRecords(async (added, _origin, known) => {
    const pairs = [added, known].map((list) => list.map(({ requestId }) => requestId));
    return () => void seen.push(pairs);
  });
  const [first, second] = [
    createRecord({ startedAtMs: firstMicros / 1000 + 5000 }),
    createRecord({ startedAtMs: firstMicros / 1000 + 6000 }),
  ];
  await store.insertRecords([first]);
  await store.insertRecords([first, second]);
  expect(seen).toEqual([
    [[first.requestId], []],
    [[second.requestId], [first.requestId]],
  ]);
});
