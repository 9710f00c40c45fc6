import type { CallRecord } from "./store.ts";

/**
 * The usage journal: records reach a local file before the last byte of their response goes out, and the store later.
 */
export interface Journal {
  /** Resolves once the record is in the operating system's hands (survives kill -9); appends of one tick share a write. */
  append(record: CallRecord): Promise<void>;
  /** Moves everything appended so far into the store. */
  flush(): Promise<void>;
  /** Records appended and not yet in the store. */
  readonly pending: number;
  /** Flushes within `timeoutMs`, then closes; what could not be moved stays on disk for the next start. */
  close(timeoutMs: number): Promise<void>;
}
