import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { readTar } from "./read-tar.ts";

/**
 * Makes a new database folder, whole or not at all: it gets its name when all of it is on the disk. PGlite's own first
 * start writes a thousand files in place without syncing any, so a power cut could leave a folder that never opens.
 */
export async function createDataFolder(dataFolder: string): Promise<void> {
  const unfinished = `${dataFolder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  const folders = new Set([unfinished]);
  await mkdir(unfinished, { mode: 0o700 });
  const files: Promise<void>[] = [];
  for (const entry of readTar(await createArchive())) {
    const path = join(unfinished, entry.path);
    if (entry.isFolder) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      folders.add(path);
    } else files.push(writeDurably(path, entry.content));
  }
  await Promise.all(files);
  await Promise.all([...folders].map(syncFolder));
  await rename(unfinished, dataFolder);
  await syncFolder(dirname(dataFolder));
}

async function createArchive(): Promise<Uint8Array> {
  const scratch = await PGlite.create();
  await scratch.exec("checkpoint");
  const archive = await scratch.dumpDataDir("none");
  await scratch.close();
  return new Uint8Array(await archive.arrayBuffer());
}

async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
