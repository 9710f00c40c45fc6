import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createRecord } from "../testing/store-conformance.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import { openStore } from "./connect.ts";
import { openJournal } from "./journal.ts";
import { rowColumns, toRow } from "./record-columns.ts";
import type { SqlStore } from "./sql-store.ts";

// The journal on a real store.
const clock = systemClock;
let folder: TemporaryFolder;
let store: SqlStore;

beforeEach(async () => {
  folder = await createStoreFolder();
  store = await openStore({ folder: folder.path, clock });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

test("records arrive as they were given, once, however often they are moved", async () => {
  const journal = await openJournal({ folder: folder.path, store, clock });
  const records = [createRecord(), createRecord({ startedAtMs: Date.UTC(2020, 1, 2), model: "x\u0000y" })];
  for (const record of [...records, ...records]) await journal.append(record);
  await journal.close(5000);
  expect(await store.countRecords()).toBe(2);
  expect(await store.findRecord(records[0]!.requestId)).toEqual(records[0]);
  expect(await store.findRecord(records[1]!.requestId)).toEqual({ ...records[1], model: "x\uFFFDy" });
});

test("a line that the store cannot read is set aside, and its neighbours arrive", async () => {
  const records = Array.from({ length: 9 }, () => createRecord());
  const lines = records.map((record) => toRow(record).trimEnd());
  lines.splice(4, 0, "\0".repeat(100), "of a nobody\tyesterday");
  mkdirSync(join(folder.path, "journal"));
  writeFileSync(join(folder.path, "journal", "slot-0-1-00000000-000001.rows"), `#${rowColumns}\n${lines.join("\n")}\n`);
  const journal = await openJournal({ folder: folder.path, store, clock });
  await journal.flush();
  expect(journal.pending).toBe(0);
  await journal.close(5000);
  expect(await store.countRecords()).toBe(9);
  expect(readFileSync(join(folder.path, "journal", "rejected.rows"), "utf8")).toBe(`${lines[4]}\n${lines[5]}\n`);
  expect(readdirSync(join(folder.path, "journal")).sort()).toEqual(["rejected.rows", "slot-0.lock"]);
});

test("a journal of a version that knew fewer columns is moved by its own", async () => {
  const record = createRecord({ attemptDetails: undefined, rungs: [] });
  const columns = rowColumns.split(",").slice(0, -1);
  const cells = toRow(record).trimEnd().split("\t").slice(0, -1);
  const [head, row] = [`#${columns.toReversed().join(",")}`, cells.toReversed().join("\t")];
  mkdirSync(join(folder.path, "journal"));
  writeFileSync(join(folder.path, "journal", "slot-0-1-00000000-000001.rows"), `${head}\n${row}\n`);
  const journal = await openJournal({ folder: folder.path, store, clock });
  await journal.flush();
  await journal.close(5000);
  expect(await store.findRecord(record.requestId)).toMatchObject({
    requestId: record.requestId,
    tenant: record.tenant,
  });
});

test("kill -9 loses no record whose append has resolved", async () => {
  const writer = startWriter();
  const exited = once(writer, "exit");
  const acknowledged: string[] = [];
  for await (const id of createInterface({ input: writer.stdout })) {
    acknowledged.push(id);
    if (acknowledged.length === 300) writer.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  const journal = await openJournal({ folder: folder.path, store, clock });
  await journal.flush();
  await journal.close(5000);
  const found = await Promise.all(acknowledged.map((id) => store.findRecord(id)));
  expect(found.filter((record) => record === undefined)).toEqual([]);
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  const endMs = Date.UTC(2100, 0, 1);
  const [usage] = await store.sumUsage({ startsMs: [0], endMs, by: [], limit: 1 });
  expect(usage?.requests).toBe(await store.countRecords());
});

/** Appends without end, and prints the id of each record whose append has resolved. Its store is down. */
function startWriter(): ChildProcessByStdio<null, Readable, null> {
  const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { systemClock } from ${url("../clock.ts")};
    import { createRequestId } from ${url("../ids.ts")};
    import { openJournal } from ${url("./journal.ts")};
    const store = { insertRecordRows: () => Promise.reject(new Error("down")) };
    const journal = await openJournal({ folder: ${JSON.stringify(folder.path)}, store, clock: systemClock });
    const template = ${JSON.stringify(createRecord())};
    const append = async () => {
      for (;;) {
        const record = { ...template, requestId: createRequestId(Date.now()) };
        await journal.append(record);
        process.stdout.write(record.requestId + "\\n");
      }
    };
    await Promise.all(Array.from({ length: 8 }, append));`;
  const writer = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return writer;
}
