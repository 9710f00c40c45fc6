import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Clock } from "../clock.ts";

/** Watches whether the process keeps up: how late its event loop is, and how much memory it holds. */
export interface LoadGuard {
  /** Share of new calls to refuse so that the others go well; 0 to 0.95. */
  readonly refusedShare: number;
  readonly isShortOfMemory: boolean;
  close(): void;
}

export interface LoadGuardOptions {
  readonly clock: Clock;
  /** @default 85 % of the machine's or the container's memory */
  readonly maxRssBytes: number | undefined;
  /** The memory in use as a share of what may be used. @default the process's, by its resident size and its heap */
  readonly readMemoryShare?: () => number;
}

const sampleMs = 100;
const samplesPerMemoryCheck = 10;
const lateFromMs = 200;
const lateFullyMs = 800;
const mostRefusedShare = 0.95;
const mostMemoryShare = 0.85;

export function createLoadGuard({ clock, maxRssBytes, readMemoryShare }: LoadGuardOptions): LoadGuard {
  const readMemory = readMemoryShare ?? createMemoryReader(maxRssBytes);
  // The newest last. One late sample is a single long task, or a laptop that slept: all of its callers are served soon.
  const lateMs = [0, 0, 0, 0];
  let sustainedMs = 0;
  let isShortOfMemory = readMemory() > 1;
  let samples = 0;
  let isClosed = false;
  let dueAtMs = 0;
  let cancelTimer = (): void => {};
  arm();

  function sample(): void {
    const nowMs = clock.now();
    lateMs.shift();
    lateMs.push(nowMs - dueAtMs);
    sustainedMs = lateMs.toSorted((left, right) => right - left)[1] ?? 0;
    samples++;
    if (samples % samplesPerMemoryCheck === 0) isShortOfMemory = readMemory() > 1;
    // Not at once: a clock that is set forward by a month passes a month of samples otherwise.
    queueMicrotask(arm);
  }

  function arm(): void {
    if (isClosed) return;
    dueAtMs = clock.now() + sampleMs;
    cancelTimer = clock.after(sampleMs, sample);
  }

  return {
    get refusedShare() {
      return toShare(sustainedMs);
    },
    get isShortOfMemory() {
      return isShortOfMemory;
    },
    close: () => {
      isClosed = true;
      cancelTimer();
    },
  };
}

function toShare(lateMs: number): number {
  return Math.min(Math.max((lateMs - lateFromMs) / (lateFullyMs - lateFromMs), 0), mostRefusedShare);
}

function createMemoryReader(maxRssBytes = findMaxRssBytes()): () => number {
  return () => {
    const heap = getHeapStatistics();
    const heapShare = heap.used_heap_size / (heap.heap_size_limit * mostMemoryShare);
    return Math.max(process.memoryUsage.rss() / maxRssBytes, heapShare);
  };
}

// Without a limit of its own, a process is told an absurdly large one, or 0.
function findMaxRssBytes(): number {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return (constrained > 0 && constrained < total ? constrained : total) * mostMemoryShare;
}
