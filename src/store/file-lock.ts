import { DatabaseSync } from "node:sqlite";

/** An exclusive hold on a file that ends with `release` or with the process, however it dies. */
export interface FileLock {
  release(): void;
}

const busy = 5;

/**
 * Takes the file's lock, or returns undefined if anyone has it: another process, another container on this host, or
 * this process. The file is made if absent; never delete or open it otherwise.
 *
 * Node offers no file locks of its own, but the SQLite inside of Node takes the kernel's (fcntl, LockFileEx). A kernel lock
 * cannot go stale, so there is nothing to probe and no takeover that two processes could win. A lock file that holds
 * a process id can be fooled by a reused id, and a listening socket needs a takeover.
 */
export function tryLockFile(path: string): FileLock | undefined {
  const database = new DatabaseSync(path);
  try {
    // Nothing is ever written, so there is nothing to roll back.
    database.exec("pragma journal_mode = off; begin exclusive");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return undefined;
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
