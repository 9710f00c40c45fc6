import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { MoveOptions } from "./move-segment.ts";
import { moveSegment } from "./move-segment.ts";
import type { SegmentFile } from "./segment-file.ts";

/** Moves segments into the store in the background, oldest first, and deletes them. */
export interface Mover {
  readonly segments: ReadonlySet<SegmentFile>;
  /** Lines that are not in the store yet. */
  readonly pending: number;
  /** From now on it moves by itself; until then only what `moveAll` is asked for. */
  start(): void;
  add(segment: SegmentFile, lines: number): void;
  /** Lines were appended to a segment. */
  grow(lines: number): void;
  /** Moves what stands in the segments now. @throws HeadgateError `store_unavailable`; what is wrong with a segment, once all others are moved */
  moveAll(): Promise<void>;
  /** Lets a move under way end, and leaves the rest. */
  stop(): Promise<void>;
}

export interface MoverOptions extends Omit<MoveOptions, "onMoved"> {
  readonly clock: Clock;
  /** The pause before a move, which lets a batch grow. */
  readonly intervalMs: number;
  /** Asks for the end of the segment that is being written, as all of it is moved. */
  readonly retire: () => void;
}

const shortestRetryMs = 500;
const longestRetryMs = 30_000;

export function createMover(options: MoverOptions): Mover {
  const { retire } = options;
  const segments = new Set<SegmentFile>();
  const stopped = new AbortController();
  let pending = 0;
  let awake = Promise.withResolvers<void>();
  let moving: Promise<void> = Promise.resolve();

  const onMoved = (lines: number): void => {
    pending -= lines;
  };

  const moveOne = async (segment: SegmentFile): Promise<void> => {
    if (stopped.signal.aborted) return;
    await moveSegment(segment, { ...options, onMoved });
    if (!segment.isSealed && segment.movedBytes === segment.writtenBytes) retire();
    if (!segment.isSealed || segment.movedBytes < segment.writtenBytes) return;
    segments.delete(segment);
    await segment.delete();
  };

  const moveAll = (): Promise<void> => {
    const move = moving.then(() => moveEach(segments, moveOne));
    moving = move.catch(() => {});
    return move;
  };

  const grow = (lines: number): void => {
    pending += lines;
    awake.resolve();
  };

  const whenAwake = async (): Promise<void> => {
    await awake.promise;
    awake = Promise.withResolvers();
  };
  const started = Promise.withResolvers<void>();
  const running = started.promise.then(() => runMoves({ ...options, whenAwake, moveAll, signal: stopped.signal }));

  return {
    segments,
    get pending() {
      return pending;
    },
    start: started.resolve,
    add: (segment, lines) => {
      segments.add(segment);
      if (lines > 0) grow(lines);
    },
    grow,
    moveAll,
    stop: async () => {
      stopped.abort();
      started.resolve();
      awake.resolve();
      await running;
      await moving;
    },
  };
}

/** What is wrong with one segment keeps none behind it from the store, and is thrown at the end. */
async function moveEach(
  segments: Iterable<SegmentFile>,
  moveOne: (segment: SegmentFile) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const segment of segments) {
    try {
      await moveOne(segment);
    } catch (error) {
      // A store that is down takes no other either.
      if (HeadgateError.is(error, "store_unavailable")) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

interface RunOptions extends Pick<MoverOptions, "clock" | "log" | "intervalMs"> {
  readonly whenAwake: () => Promise<void>;
  readonly moveAll: () => Promise<void>;
  readonly signal: AbortSignal;
}

async function runMoves({ clock, log, intervalMs, whenAwake, moveAll, signal }: RunOptions): Promise<void> {
  const pause = (ms: number): Promise<void> => clock.sleep(ms, signal).catch(() => {});
  let retryMs = shortestRetryMs;
  let isFailing = false;
  while (!signal.aborted) {
    if (!isFailing) await whenAwake();
    await pause(intervalMs);
    if (signal.aborted) return;
    try {
      await moveAll();
      isFailing = false;
      retryMs = shortestRetryMs;
    } catch (error) {
      isFailing = true;
      const { code } = HeadgateError.from(error);
      log.warn(
        { event: "journal.waiting", code, retryMs, err: error },
        "Records wait on disk: the store does not take them.",
      );
      await pause(retryMs * (0.5 + clock.random() / 2));
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }
}
