import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createStoreFolder } from "../../testing/store-folder.ts";
import { createDataFolder } from "./create-data-folder.ts";

let folder: TemporaryFolder;
let archive: URL;

beforeEach(async () => {
  folder = await createStoreFolder();
  const source = join(folder.path, "pgdata-18");
  const path = join(folder.path, "base.tar.gz");
  execFileSync("tar", ["--format=ustar", "-czf", path, "-C", source, ...readdirSync(source)]);
  archive = pathToFileURL(path);
});
afterEach(() => folder.remove());

test("a folder is made from the built archive, for its owner only, over what an interrupted start left", async () => {
  const target = join(folder.path, "new");
  mkdirSync(`${target}.new`);
  writeFileSync(join(`${target}.new`, "PG_VERSION"), "half");
  await createDataFolder(target, archive);
  expect(existsSync(`${target}.new`)).toBe(false);
  expect(statSync(target).mode & 0o777).toBe(0o700);
  expect(statSync(join(target, "global", "pg_control")).mode & 0o777).toBe(0o600);
  const engine = await PGlite.create(target);
  expect((await engine.query("select to_regclass('headgate_requests')::text as name")).rows).toEqual([
    { name: "headgate_requests" },
  ]);
  await engine.close();
});

test("a folder that is there already is not touched", async () => {
  const target = join(folder.path, "taken");
  mkdirSync(target);
  writeFileSync(join(target, "precious"), "");
  await expect(createDataFolder(target, archive)).rejects.toThrow(/ENOTEMPTY|EEXIST/);
  expect(readdirSync(target)).toEqual(["precious"]);
});
