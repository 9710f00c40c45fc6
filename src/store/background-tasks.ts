import type { Clock } from "../clock.ts";
import type { Logger } from "../telemetry/logger.ts";

export interface BackgroundTasks {
  /** Waits for a task under way. */
  stop(): Promise<void>;
}

export interface BackgroundOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs: number;
  /** Run one after the other. A failure is logged, and the task tried again in the next round. */
  readonly tasks: readonly (() => Promise<void>)[];
}

/** What the store does by itself, again and again, first after one interval. */
export function startBackgroundTasks({ clock, log, intervalMs, tasks }: BackgroundOptions): BackgroundTasks {
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(intervalMs, stopped.signal).catch(() => {});
      for (const task of tasks) {
        if (stopped.signal.aborted) return;
        await task().catch((error: unknown) => {
          log.warn(
            { event: "store.task_failed", err: error },
            "A background task of the store failed; it is tried again.",
          );
        });
      }
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}
