import type { Clock } from "../clock.ts";

/** Rows that tests wait on. */
export interface WatchedRows<Row> {
  readonly rows: readonly Row[];
  /** Drops the oldest beyond the bound. */
  readonly add: (row: Row) => void;
  readonly clear: () => void;
  /** A row was changed: has those who wait look again. */
  readonly tell: () => void;
  /** Resolves with the first truthy result of `find`, tried now and after each change. Rejects after `timeoutMs`. */
  readonly waitFor: <T>(find: (rows: readonly Row[]) => T | undefined | false, timeoutMs?: number) => Promise<T>;
}

export function createWatchedRows<Row>(clock: Clock, mostRows: number): WatchedRows<Row> {
  const rows: Row[] = [];
  const watchers = new Set<() => void>();

  function tell(): void {
    for (const watcher of watchers) watcher();
  }

  return {
    rows,
    tell,
    add: (row) => {
      rows.push(row);
      // Cutting off a tenth at a time: moving all rows for each new one would be slow.
      if (rows.length > mostRows) rows.splice(0, Math.ceil(mostRows / 10));
      tell();
    },
    clear: () => {
      rows.length = 0;
      tell();
    },
    waitFor: (find, timeoutMs = 5000) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          cancelTimer();
          watchers.delete(look);
        };
        const look = (): void => {
          const found = find(rows);
          if (!found) return;
          stop();
          resolve(found);
        };
        const cancelTimer = clock.after(timeoutMs, () => {
          stop();
          reject(new Error(`The ledger did not show it within ${timeoutMs} ms.`));
        });
        watchers.add(look);
        look();
      }),
  };
}
