import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTemporaryFolder } from "../../testing/store-folder.ts";
import { readTar } from "./read-tar.ts";

test("folders and files of an archive come out with their content", () => {
  const folder = createTemporaryFolder();
  mkdirSync(join(folder.path, "in", "base"), { recursive: true });
  writeFileSync(join(folder.path, "in", "base", "empty"), "");
  writeFileSync(join(folder.path, "in", "exact"), "x".repeat(512));
  writeFileSync(join(folder.path, "in", "odd"), "y".repeat(1025));
  const archive = execFileSync("tar", [
    "--format=ustar",
    "-cf",
    "-",
    "-C",
    join(folder.path, "in"),
    "base",
    "exact",
    "odd",
  ]);
  folder.remove();
  const entries = [...readTar(archive)].map(({ path, isFolder, content }) => [path, isFolder, content.length]);
  expect(entries).toEqual([
    ["base/", true, 0],
    ["base/empty", false, 0],
    ["exact", false, 512],
    ["odd", false, 1025],
  ]);
});

test("an empty archive has no entries", () => {
  expect([...readTar(new Uint8Array(1024))]).toEqual([]);
});
