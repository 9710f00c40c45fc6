import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { createRecord } from "../testing/store-conformance.ts";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createStoreFolder } from "../testing/store-folder.ts";
import { openStore } from "./connect.ts";

const clock = systemClock;
let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await createStoreFolder();
});
afterEach(() => folder.remove());

test("what was stored is there after closing and opening", async () => {
  const record = createRecord();
  const first = await openStore({ folder: folder.path, clock });
  await first.insertRecords([record]);
  await first.close();
  const second = await openStore({ folder: folder.path, clock });
  expect(await second.findRecord(record.requestId)).toEqual(record);
  await second.close();
});

test("a folder that is open already is refused, naming who has it and what to do, and works when it is free", async () => {
  const first = await openStore({ folder: folder.path, clock });
  await expect(openStore({ folder: folder.path, clock })).rejects.toMatchObject({
    code: "store_locked",
    detail: expect.stringMatching(/^This process has the store in .* open\. .*DATABASE_URL/),
  });
  await first.close();
  const second = await openStore({ folder: folder.path, clock });
  await second.close();
});

test("another process is refused, and takes over when the first is killed", async () => {
  const holder = startProcess("console.log('open'); setInterval(() => {}, 1000);");
  await once(holder.stdout, "data");
  await expect(openStore({ folder: folder.path, clock })).rejects.toMatchObject({
    code: "store_locked",
    detail: expect.stringContaining(`Process ${holder.pid} has`),
  });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const store = await openStore({ folder: folder.path, clock });
  await expect(store.ping()).resolves.toBeUndefined();
  await store.close();
});

test("answers that have expired are freed by themselves", async () => {
  const manual = createManualClock();
  const store = await openStore({ folder: folder.path, clock: manual, maintenanceIntervalMs: 1000 });
  const createdAtMs = manual.now();
  const answer = { tenant: "acme", id: "resp_1", createdAtMs, expiresAtMs: createdAtMs + 2500 };
  const insert = (): Promise<void> => store.insertResponse({ ...answer, turns: 1, bytes: 2, body: "{}", items: [] });
  await insert();
  // The id is taken until the row is gone.
  await expect(insert()).rejects.toMatchObject({ code: "internal" });
  await vi.waitFor(
    async () => {
      manual.advance(1000);
      await insert();
    },
    { timeout: 15_000 },
  );
  expect(manual.now()).toBeGreaterThanOrEqual(answer.expiresAtMs);
  await store.close();
});

test("a process ends by itself once it has closed its store", async () => {
  const user = startProcess("await store.countRecords(); await store.close();");
  expect(await once(user, "exit")).toEqual([0, null]);
});

test("a first start replaces what an interrupted one has left, and keeps others out of the folder", async () => {
  const path = join(folder.path, "deep", "state");
  mkdirSync(join(path, "pgdata-18.new", "base"), { recursive: true });
  writeFileSync(join(path, "pgdata-18.new", "PG_VERSION"), "18\n");
  const store = await openStore({ folder: path, clock });
  expect(await store.countRecords()).toBe(0);
  await store.close();
  expect(statSync(join(path, "pgdata-18")).mode & 0o777).toBe(0o700);
  expect(existsSync(join(path, "pgdata-18.new"))).toBe(false);
}, 60_000);

test("a damaged database is refused with what to do, and stays as it is", async () => {
  const control = join(folder.path, "pgdata-18", "global", "pg_control");
  writeFileSync(control, "damaged");
  await expect(openStore({ folder: folder.path, clock })).rejects.toMatchObject({
    code: "store_corrupt",
    detail: expect.stringMatching(/does not open: could not read file "global\/pg_control".*backup/),
  });
  expect(statSync(control).size).toBe(7);
});

function startProcess(code: string): ChildProcessByStdio<null, Readable, null> {
  const connect = new URL("./connect.ts", import.meta.url).href;
  const time = new URL("../clock.ts", import.meta.url).href;
  const program = `
    const { openStore } = await import(${JSON.stringify(connect)});
    const { systemClock } = await import(${JSON.stringify(time)});
    const store = await openStore({ folder: ${JSON.stringify(folder.path)}, clock: systemClock });
    ${code}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
