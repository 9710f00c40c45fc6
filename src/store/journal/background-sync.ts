import { open } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { SegmentFile } from "./segment-file.ts";
import { isGone } from "./segment-file.ts";

/** Bounds what a power cut takes: what has not reached the store after one interval is made durable here. */
export interface BackgroundSync {
  /** Something was appended. */
  wake(): void;
  /** Syncs what is left, and ends. */
  stop(): Promise<void>;
}

export interface BackgroundSyncOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly folder: string;
  readonly segments: ReadonlySet<SegmentFile>;
}

export function createBackgroundSync(options: BackgroundSyncOptions): BackgroundSync {
  const { clock, log, intervalMs, folder, segments } = options;
  let cancel: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();

  const warn = (error: unknown): void => {
    log.warn({ event: "journal.unsynced", err: error }, "The journal was not synced.");
  };

  const syncAll = async (): Promise<void> => {
    const waiting = [...segments].filter((segment) => segment.movedBytes < segment.writtenBytes);
    if (waiting.length === 0) return;
    for (const segment of waiting) {
      await segment.sync().catch((error: unknown) => {
        // Its records reached the store while another segment was synced.
        if (!isGone(error)) warn(error);
      });
    }
    await syncFolder(folder);
  };

  const start = (): void => {
    cancel = undefined;
    running = running.then(syncAll).catch(warn);
  };

  return {
    wake: () => {
      cancel ??= clock.after(intervalMs, start);
    },
    stop: async () => {
      cancel?.();
      start();
      await running;
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
