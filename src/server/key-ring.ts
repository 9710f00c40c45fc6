import type { Clock } from "../clock.ts";
import { sha256 } from "../ids.ts";
import type { KeyRow, Store } from "../store/store.ts";
import type { Logger } from "../telemetry/logger.ts";
import { isKeyShaped } from "./create-key.ts";

export interface KeyRingOptions {
  readonly store: Pick<Store, "listKeys">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Pause between two reads of the store, in milliseconds. */
  readonly refreshMs: number;
}

/** All live client keys in memory, so that no request waits for the store. */
export interface KeyRing {
  /** False until the store was read once: until then no key can be judged. */
  readonly isLoaded: boolean;
  find(secret: string): KeyRow | undefined;
  /** Reads the store now. Rejects when it cannot be read; the last good set stays. */
  refresh(): Promise<void>;
  close(): void;
}

/** Starts to poll at once; a store that fails is reported once, until it answers again. */
export function createKeyRing({ store, clock, logger, refreshMs }: KeyRingOptions): KeyRing {
  let isClosed = false;
  let isFailing = false;
  let cancelTimer = (): void => {};
  let keys: ReadonlyMap<string, KeyRow> | undefined;
  let newestRead = 0;
  let installedRead = 0;

  async function refresh(): Promise<void> {
    // Reads may overtake each other; a set read earlier never replaces one read later.
    const read = ++newestRead;
    const rows = await store.listKeys();
    if (read < installedRead) return;
    installedRead = read;
    keys = new Map(rows.filter((row) => row.revokedAtMs === undefined).map((row) => [row.sha256, row]));
  }

  async function poll(): Promise<void> {
    try {
      await refresh();
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ event: "keys.refresh_failed", err: error });
      isFailing = true;
    }
    if (!isClosed) cancelTimer = clock.after(refreshMs, () => void poll());
  }

  void poll();
  return {
    get isLoaded() {
      return keys !== undefined;
    },
    find: (secret) => (isKeyShaped(secret) ? keys?.get(sha256(secret)) : undefined),
    refresh,
    close: () => {
      isClosed = true;
      cancelTimer();
    },
  };
}
