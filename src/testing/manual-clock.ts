import type { Clock } from "../clock.ts";

/** A clock that only moves when told to. */
export interface ManualClock extends Clock {
  /** Moves on, and lets everything that is due by then happen, in order. */
  advance(ms: number): void;
  /** How many sleeps and callbacks are waiting for their time. */
  readonly waiting: number;
}

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

export function createManualClock(startMs = Date.UTC(2026, 0, 15, 12)): ManualClock {
  const timers = new Set<Timer>();
  let nowMs = startMs;
  const after = (ms: number, fire: () => void): (() => void) => {
    const timer = { dueMs: nowMs + ms, fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => nowMs,
    random: () => 0.5,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason as Error);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        });
        if (signal?.aborted) onAbort();
        else signal?.addEventListener("abort", onAbort, { once: true });
      }),
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
        if (!next) break;
        timers.delete(next);
        nowMs = next.dueMs;
        next.fire();
      }
      nowMs = untilMs;
    },
    get waiting() {
      return timers.size;
    },
  };
}
