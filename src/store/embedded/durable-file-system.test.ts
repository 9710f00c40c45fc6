import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import { DurableFileSystem } from "./durable-file-system.ts";
import { durableStart } from "./durable-start.ts";
import { proveDurable } from "./prove-durable.ts";

let folder: TemporaryFolder;
let dataFolder: string;

beforeEach(async () => {
  folder = await createStoreFolder();
  dataFolder = join(folder.path, "pgdata-18");
});
afterEach(() => folder.remove());

test("each commit has the disk confirm it, and reading does not", async () => {
  const disk = new DurableFileSystem(dataFolder);
  const engine = await PGlite.create({ fs: disk, startParams: durableStart });
  await expect(proveDurable(engine, disk)).resolves.toBeUndefined();
  await engine.exec("create table notes (id integer)");
  const before = disk.syncCount;
  for (let id = 0; id < 5; id++) await engine.query("insert into notes values ($1)", [id]);
  expect(disk.syncCount - before).toBeGreaterThanOrEqual(5);
  const written = disk.syncCount;
  await engine.query("select * from notes");
  expect(disk.syncCount).toBe(written);
  await engine.close();
});

test("PGlite's own file system does not pass the proof", async () => {
  const disk = Object.assign(new NodeFS(dataFolder), { syncCount: 0 });
  const engine = await PGlite.create({ fs: disk, startParams: durableStart });
  await expect(proveDurable(engine, disk)).rejects.toThrow("a commit made no fsync");
  await engine.close();
});

test("PGlite's own start parameters do not pass the proof", async () => {
  const disk = new DurableFileSystem(dataFolder);
  const engine = await PGlite.create({ fs: disk });
  await expect(proveDurable(engine, disk)).rejects.toThrow("fsync is off");
  await engine.close();
});
