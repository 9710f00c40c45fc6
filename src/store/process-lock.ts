import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tryLockFile } from "./file-lock.ts";

/** Tells other processes of this machine, by a lock that the kernel frees however it ends, that this one lives. */
export interface ProcessLock {
  /** True if it surely has ended; undefined: it is of another machine, or of another data folder. */
  hasEnded(processId: string): boolean | undefined;
  release(): void;
}

/** @throws if the folder cannot be written */
export function lockProcess(dataFolder: string, processId: string): ProcessLock {
  const folder = join(dataFolder, "processes");
  const pathOf = (id: string): string => join(folder, `${id}.lock`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  dropEnded(folder);
  const own = tryLockFile(pathOf(processId));
  if (!own) throw new Error(`The process id ${processId} is taken.`);
  return {
    hasEnded: (id) => {
      if (!readdirSync(folder).includes(`${id}.lock`)) return undefined;
      return id !== processId && isFree(pathOf(id));
    },
    release: () => {
      own.release();
      rmSync(pathOf(processId), { force: true });
    },
  };
}

function isFree(path: string): boolean {
  const lock = tryLockFile(path);
  lock?.release();
  return lock !== undefined;
}

const mostKept = 100;

// Ids are never used again, so nobody waits for the lock of one that has ended. The newest stay, for others to look at.
function dropEnded(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".lock"))
    .sort();
  for (const name of files.slice(0, -mostKept))
    if (isFree(join(folder, name))) rmSync(join(folder, name), { force: true });
}
