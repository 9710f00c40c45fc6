import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TemporaryFolder } from "../testing/store-folder.ts";
import { createTemporaryFolder } from "../testing/store-folder.ts";
import { tryLockFile } from "./file-lock.ts";

let folder: TemporaryFolder;
let path: string;

beforeEach(() => {
  folder = createTemporaryFolder();
  path = join(folder.path, "test.lock");
});
afterEach(() => folder.remove());

test("a file is locked once, and again after it was released", () => {
  const first = tryLockFile(path);
  expect(first).toBeDefined();
  expect(tryLockFile(path)).toBeUndefined();
  first?.release();
  first?.release();
  const second = tryLockFile(path);
  expect(second).toBeDefined();
  second?.release();
});

test("another process's lock holds until it is killed, and no longer", async () => {
  const module = new URL("./file-lock.ts", import.meta.url).href;
  const code = `
    const { tryLockFile } = await import(${JSON.stringify(module)});
    globalThis.lock = tryLockFile(${JSON.stringify(path)});
    console.log(globalThis.lock ? "locked" : "refused");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", code]);
  const [answer] = (await once(holder.stdout, "data")) as [Buffer];
  expect(answer.toString()).toBe("locked\n");
  expect(tryLockFile(path)).toBeUndefined();
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const lock = tryLockFile(path);
  expect(lock).toBeDefined();
  lock?.release();
});

test("a lock file that cannot be made is an error, not a lock of somebody else", () => {
  expect(() => tryLockFile(join(folder.path, "absent", "test.lock"))).toThrow(/unable to open/);
});
