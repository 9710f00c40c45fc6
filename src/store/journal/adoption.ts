import type { Clock } from "../../clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { JournalSlot } from "./journal-slot.ts";
import { takeAbandonedSlots } from "./journal-slot.ts";
import { countLines } from "./move-segment.ts";
import type { SegmentFile } from "./segment-file.ts";
import { isGone, openLeftoverFile } from "./segment-file.ts";

/** Takes over what dead processes left in the journal. */
export interface Adoption {
  /** Looks in the given slot, which is the caller's, and in all that nobody holds; then again after each interval. */
  adopt(own: JournalSlot): Promise<void>;
  /** Looks again now. */
  lookNow(): Promise<void>;
  /** Gives the slots back. */
  stop(): void;
}

export interface AdoptionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly folder: string;
  /** How long after one look comes the next: another process may have died. */
  readonly intervalMs: number;
  readonly onFound: (segment: SegmentFile, lines: number) => void;
}

/** A slot in our hands. */
interface HeldSlot {
  readonly slot: JournalSlot;
  /** Leftovers that are not found yet; those that cannot be read are tried again at each look. */
  unread: readonly string[];
  /** True if segments of it are being moved, or written: nobody else may have it. */
  isInUse: boolean;
}

export function createAdoption({ clock, log, folder, intervalMs, onFound }: AdoptionOptions): Adoption {
  const held = new Set<HeldSlot>();
  let cancel = (): void => {};
  let isStopped = false;

  const warn = (error: unknown, path = folder): void => {
    log.warn({ event: "journal.unadopted", path, err: error }, "The journal of an ended process cannot be read.");
  };

  const hold = (slot: JournalSlot, isInUse: boolean): void => {
    held.add({ slot, unread: slot.leftovers, isInUse });
  };

  const look = async (): Promise<void> => {
    for (const slot of takeAbandonedSlots(folder, warn)) hold(slot, false);
    let records = 0;
    for (const holding of held) {
      if (isStopped) return;
      records += await findSegments(holding, { warn, onFound, isStopped: () => isStopped });
      // Another process may be able to read it.
      if (!holding.isInUse && held.delete(holding)) holding.slot.release();
    }
    if (records > 0)
      log.info({ event: "journal.adopted", records }, "Found records that an ended process left behind.");
  };

  // One after the other: a slot that one look holds is no other's to take.
  let looking = Promise.resolve();
  const lookNow = (): Promise<void> => {
    const next = looking.then(look);
    looking = next.catch(() => {});
    return next;
  };

  const lookAgainAndAgain = async (): Promise<void> => {
    try {
      await lookNow();
    } catch (error) {
      warn(error);
    } finally {
      if (!isStopped) cancel = clock.after(intervalMs, () => void lookAgainAndAgain());
    }
  };

  return {
    adopt: async (own) => {
      hold(own, true);
      await lookAgainAndAgain();
    },
    lookNow,
    stop: () => {
      isStopped = true;
      cancel();
      for (const { slot } of held) slot.release();
    },
  };
}

interface FindOptions extends Pick<AdoptionOptions, "onFound"> {
  readonly warn: (error: unknown, path: string) => void;
  readonly isStopped: () => boolean;
}

async function findSegments(holding: HeldSlot, { warn, onFound, isStopped }: FindOptions): Promise<number> {
  let records = 0;
  const unread: string[] = [];
  for (const path of holding.unread) {
    try {
      const segment = openLeftoverFile(path);
      const lines = await countLinesOf(segment);
      if (isStopped()) return records;
      holding.isInUse = true;
      onFound(segment, lines);
      records += lines;
    } catch (error) {
      if (isGone(error)) continue;
      unread.push(path);
      warn(error, path);
    }
  }
  holding.unread = unread;
  return records;
}

const chunkBytes = 1024 * 1024;

async function countLinesOf(segment: SegmentFile): Promise<number> {
  const reader = await segment.openReader();
  try {
    let lines = 0;
    for (let at = segment.movedBytes; at < segment.writtenBytes; at += chunkBytes)
      lines += countLines(await reader.read(at, chunkBytes));
    return lines;
  } finally {
    await reader.close();
  }
}
