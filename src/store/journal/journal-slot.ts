import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { FileLock } from "../file-lock.ts";
import { tryLockFile } from "../file-lock.ts";

/**
 * A process's place in a journal folder that several may share. Segments belong to a slot; who holds the slot's lock
 * owns them. The kernel frees the lock of a dead process, so segments of a free slot are leftovers, without a doubt.
 * Lock files stay: were they deleted, one process could lock a file that another no longer sees.
 */
export interface JournalSlot {
  readonly number: number;
  /** A path for a new segment; names the process, for the reader of a folder. */
  nameSegment(): string;
  /** Segments in this slot that stood there when it was taken, oldest first. */
  readonly leftovers: readonly string[];
  release(): void;
}

const maxSlots = 1024;

/** Takes the first free slot. */
export function takeSlot(folder: string): JournalSlot {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let number = 0; number < maxSlots; number++) {
    const slot = tryTakeSlot(folder, number);
    if (slot) return slot;
  }
  throw new Error(`More than ${maxSlots} processes use the journal in ${folder}.`);
}

/** Takes the slots that hold segments and no living process; `onFailure` hears of those that cannot be tried. */
export function takeAbandonedSlots(folder: string, onFailure: (error: unknown) => void): readonly JournalSlot[] {
  const numbers = new Set(listSegments(folder).map(({ slot }) => slot));
  return [...numbers].flatMap((number) => {
    try {
      return tryTakeSlot(folder, number) ?? [];
    } catch (error) {
      onFailure(error);
      return [];
    }
  });
}

function tryTakeSlot(folder: string, number: number): JournalSlot | undefined {
  const lock: FileLock | undefined = tryLockFile(join(folder, `slot-${number}.lock`));
  if (!lock) return undefined;
  const run = `${process.pid}-${randomBytes(4).toString("hex")}`;
  let count = 0;
  return {
    number,
    nameSegment: () => join(folder, `slot-${number}-${run}-${String(++count).padStart(6, "0")}.rows`),
    leftovers: listSegments(folder)
      .filter(({ slot }) => slot === number)
      .map(({ name }) => join(folder, name)),
    release: () => lock.release(),
  };
}

function listSegments(folder: string): { slot: number; name: string }[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const slot = /^slot-(\d+)-.*\.rows$/.exec(name)?.[1];
      return slot === undefined ? [] : [{ slot: Number(slot), name }];
    });
}
