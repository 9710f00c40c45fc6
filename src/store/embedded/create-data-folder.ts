import { closeSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readBaseArchive } from "./base-archive.ts";
import { readTar } from "./read-tar.ts";

/**
 * Makes a new database folder, whole or not at all: it gets its name when all of it is on the disk. PGlite's own first
 * start writes a thousand files in place without syncing any, so a power cut could leave a folder that never opens.
 * Blocks its thread, which is the engine's.
 */
export async function createDataFolder(dataFolder: string, builtArchive?: URL): Promise<void> {
  const archive = await readBaseArchive(builtArchive);
  const unfinished = `${dataFolder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const folders = [unfinished];
  for (const entry of readTar(archive)) {
    const path = join(unfinished, entry.path);
    if (entry.isFolder) {
      mkdirSync(path, { mode: 0o700 });
      folders.push(path);
    } else writeDurably(path, entry.content);
  }
  for (const folder of folders) syncFolder(folder);
  renameSync(unfinished, dataFolder);
  syncFolder(dirname(dataFolder));
}

function writeDurably(path: string, content: Uint8Array): void {
  const file = openSync(path, "wx", 0o600);
  writeFileSync(file, content);
  fdatasyncSync(file);
  closeSync(file);
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}
