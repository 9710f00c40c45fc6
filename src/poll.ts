import type { Clock } from "./clock.ts";

export interface PollOptions<T> {
  readonly read: () => Promise<T>;
  readonly clock: Clock;
  /** Pause between two reads, in milliseconds. */
  readonly intervalMs: number;
  /** Called once, until a read goes well again. */
  readonly onFailure: (error: unknown) => void;
}

/** What is read again and again, so that nobody waits for it. */
export interface Poll<T> {
  /** What was read last; undefined until the first read. It stays while reads fail. */
  readonly value: T | undefined;
  /** Reads it now. Rejects when it cannot be read. */
  readonly refresh: () => Promise<void>;
  readonly close: () => void;
}

/** Starts to read at once. */
export function createPoll<T>({ read, clock, intervalMs, onFailure }: PollOptions<T>): Poll<T> {
  let isClosed = false;
  let isFailing = false;
  let cancelTimer = (): void => {};
  let value: T | undefined;
  let newestRead = 0;
  let installedRead = 0;

  async function refresh(): Promise<void> {
    // Reads may overtake each other; what was read earlier never replaces what was read later.
    const own = ++newestRead;
    const found = await read();
    if (own < installedRead) return;
    installedRead = own;
    value = found;
  }

  async function poll(): Promise<void> {
    try {
      await refresh();
      isFailing = false;
    } catch (error) {
      if (!isFailing) onFailure(error);
      isFailing = true;
    }
    if (!isClosed) cancelTimer = clock.after(intervalMs, () => void poll());
  }

  void poll();
  return {
    get value() {
      return value;
    },
    refresh,
    close: () => {
      isClosed = true;
      cancelTimer();
    },
  };
}
