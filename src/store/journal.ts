import { join } from "node:path";
import { pino } from "pino";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Adoption } from "./journal/adoption.ts";
import { createAdoption } from "./journal/adoption.ts";
import type { AppendLog } from "./journal/append-log.ts";
import { createAppendLog } from "./journal/append-log.ts";
import type { BackgroundSync } from "./journal/background-sync.ts";
import { createBackgroundSync } from "./journal/background-sync.ts";
import type { JournalSlot } from "./journal/journal-slot.ts";
import { takeSlot } from "./journal/journal-slot.ts";
import type { Mover } from "./journal/mover.ts";
import { createMover } from "./journal/mover.ts";
import { createSegmentFile } from "./journal/segment-file.ts";
import { rowColumns, toRow } from "./record-columns.ts";
import type { SqlStore } from "./sql-store.ts";
import type { CallRecord } from "./store.ts";

/**
 * The usage journal: records reach a local file before the last byte of their response goes out, and the store later.
 */
export interface Journal {
  /**
   * Resolves once the record is in the operating system's hands (survives kill -9); appends of one tick
   * share a write.
   */
  append(record: CallRecord): Promise<void>;
  /** Moves everything appended so far into the store. */
  flush(): Promise<void>;
  /** Takes over what ended processes have left here, and moves all there is into the store. */
  adopt(): Promise<void>;
  /** Records appended and not yet in the store. */
  readonly pending: number;
  /** Flushes within `timeoutMs`, then closes; what could not be moved stays on disk for the next start. */
  close(timeoutMs: number): Promise<void>;
}

export interface JournalOptions {
  /** Holds `journal/`; several processes may share it. */
  readonly folder: string;
  readonly store: Pick<SqlStore, "insertRecordRows">;
  readonly clock: Clock;
  readonly log?: Logger;
  /** The pause before records are moved, which makes batches large, in milliseconds. @default 500 */
  readonly flushIntervalMs?: number;
  /** How much of it a power cut may take, in milliseconds; a killed process loses nothing. @default 1000 */
  readonly syncIntervalMs?: number;
  /** How much may wait on disk for a store that is down; appends beyond reject. @default 4 GiB */
  readonly maxBytes?: number;
  /** @default 4 MiB */
  readonly maxSegmentBytes?: number;
}

const mebibyte = 1024 * 1024;
const maxQueued = 16 * mebibyte;
const adoptIntervalMs = 60_000;

/**
 * Opens the journal, with what dead processes left in it. Close it before the store.
 * @throws HeadgateError `store_unavailable` if the folder cannot be used.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { store, clock, maxSegmentBytes = 4 * mebibyte, maxBytes = 4096 * mebibyte } = options;
  const log = options.log ?? pino({ enabled: false });
  const folder = join(options.folder, "journal");
  const own = openSlot(folder);
  const mover = createMover({
    clock,
    log,
    intervalMs: options.flushIntervalMs ?? 500,
    insertRows: (rows, columns, origin) => store.insertRecordRows(rows, columns, origin),
    rejectedPath: join(folder, "rejected.rows"),
    retire: () => appendLog.retire(),
  });
  const { segments } = mover;
  const sync = createBackgroundSync({ clock, log, intervalMs: options.syncIntervalMs ?? 1000, folder, segments });
  const appendLog = createAppendLog({
    maxSegmentBytes,
    maxQueued,
    createSegment: () => {
      const segment = createSegmentFile(own.nameSegment(), rowColumns);
      mover.add(segment, 0);
      return segment;
    },
    onAppended: (lines) => {
      mover.grow(lines);
      sync.wake();
    },
  });
  const adoption = createAdoption({
    clock,
    log,
    intervalMs: adoptIntervalMs,
    folder,
    onFound: (segment, lines) => mover.add(segment, lines),
  });
  await adoption.adopt(own);
  // Whoever follows the records that are stored has time to say so.
  mover.start();

  let closing: Promise<void> | undefined;
  return {
    append: (record) => {
      if (closing) return refuse("The usage journal is closed.");
      if (segments.size * maxSegmentBytes > maxBytes) return refuse("The usage journal is full.");
      return appendLog.append(toRow(record));
    },
    flush: () => flush(appendLog, mover),
    adopt: () => adoption.lookNow().then(() => flush(appendLog, mover)),
    get pending() {
      return mover.pending;
    },
    close: (timeoutMs) => {
      closing ??= closeParts({ clock, timeoutMs, appendLog, mover, sync, adoption });
      return closing;
    },
  };
}

async function flush(appendLog: AppendLog, mover: Mover): Promise<void> {
  await appendLog.settle();
  await mover.moveAll();
}

function openSlot(folder: string): JournalSlot {
  try {
    return takeSlot(folder);
  } catch (error) {
    throw new HeadgateError("store_unavailable", { detail: `The journal in ${folder} cannot be used.`, cause: error });
  }
}

function refuse(detail: string): Promise<never> {
  return Promise.reject(new HeadgateError("store_unavailable", { detail }));
}

interface ClosingParts {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly appendLog: AppendLog;
  readonly mover: Mover;
  readonly sync: BackgroundSync;
  readonly adoption: Adoption;
}

async function closeParts({ clock, timeoutMs, appendLog, mover, sync, adoption }: ClosingParts): Promise<void> {
  await appendLog.settle();
  const inTime = new AbortController();
  const timeout = clock.sleep(timeoutMs, inTime.signal).catch(() => {});
  // A store that is down leaves them on disk.
  await Promise.race([mover.moveAll().catch(() => {}), timeout]);
  appendLog.retire();
  // The slot stays taken until a late move has ended: the next process must not move the same segment.
  const stopped = mover.stop().then(() => adoption.stop());
  await sync.stop();
  await Promise.race([stopped, timeout]);
  inTime.abort();
}
