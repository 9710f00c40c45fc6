import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HeadgateError } from "../../errors.ts";
import type { FileLock } from "../file-lock.ts";
import { tryLockFile } from "../file-lock.ts";

/**
 * Keeps every other process out of a data folder, which is made if absent: the embedded database would open it twice without an error, and lose
 * rows of both.
 * @throws HeadgateError `store_locked`, or `store_unavailable` if the folder cannot be used at all.
 */
export function lockFolder(folder: string): FileLock {
  const holderPath = join(folder, "store.pid");
  const lock = makeLock(folder);
  if (!lock) throw new HeadgateError("store_locked", { detail: describeHolder(folder, holderPath) });
  // For the message only: what keeps others out is the lock.
  writeFileSync(holderPath, String(process.pid), { mode: 0o600 });
  return {
    release: () => {
      rmSync(holderPath, { force: true });
      lock.release();
    },
  };
}

function makeLock(folder: string): FileLock | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return tryLockFile(join(folder, "store.lock"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HeadgateError("store_unavailable", {
      detail: `The folder ${folder} cannot be used: ${reason}.`,
      cause: error,
    });
  }
}

function describeHolder(folder: string, holderPath: string): string {
  return (
    `${nameHolder(holderPath)} has the store in ${folder} open. Stop it, use the server that it runs, ` +
    "or set DATABASE_URL to a Postgres server, which any number of processes can share."
  );
}

function nameHolder(holderPath: string): string {
  try {
    const pid = Number(readFileSync(holderPath, "utf8"));
    if (pid === process.pid) return "This process";
    if (pid > 0) return `Process ${pid}`;
  } catch {
    // It has just started, or is about to end.
  }
  return "Another process";
}
