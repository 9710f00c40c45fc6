import type { Clock } from "../clock.ts";
import { sha256 } from "../ids.ts";
import { createPoll } from "../poll.ts";
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
  const keys = createPoll<ReadonlyMap<string, KeyRow>>({
    read: async () => {
      const rows = await store.listKeys();
      return new Map(rows.filter((row) => row.revokedAtMs === undefined).map((row) => [row.sha256, row]));
    },
    clock,
    intervalMs: refreshMs,
    onFailure: (error) => logger.warn({ event: "keys.refresh_failed", err: error }),
  });
  return {
    get isLoaded() {
      return keys.value !== undefined;
    },
    find: (secret) => (isKeyShaped(secret) ? keys.value?.get(sha256(secret)) : undefined),
    refresh: keys.refresh,
    close: keys.close,
  };
}
