import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createTemporaryFolder } from "../../testing/store-folder.ts";
import { lockFolder } from "./lock-folder.ts";

let parent: TemporaryFolder;
let folder: string;

beforeEach(() => {
  parent = createTemporaryFolder();
  folder = join(parent.path, "state");
});
afterEach(() => parent.remove());

test("a folder is made for its owner only, and locked once until it is released", () => {
  const lock = lockFolder(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: "store_locked" }));
  lock.release();
  lockFolder(folder).release();
});

test("a pid that a dead process left is no obstacle, and names nobody afterwards", () => {
  lockFolder(folder).release();
  writeFileSync(join(folder, "store.pid"), "1");
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(/^This process has/);
  lock.release();
  expect(existsSync(join(folder, "store.pid"))).toBe(false);
});

test("a folder that cannot be made is `store_unavailable`, with the reason", () => {
  writeFileSync(join(parent.path, "file"), "");
  const broken = (): unknown => lockFolder(join(parent.path, "file", "state"));
  expect(broken).toThrow(expect.objectContaining({ code: "store_unavailable" }));
  expect(broken).toThrow(/ENOTDIR/);
});
