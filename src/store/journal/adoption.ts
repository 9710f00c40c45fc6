import type { Clock } from "../../clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { JournalSlot } from "./journal-slot.ts";
import { takeAbandonedSlots } from "./journal-slot.ts";
import { countLines } from "./move-segment.ts";
import type { SegmentFile } from "./segment-file.ts";
import { openLeftoverFile } from "./segment-file.ts";

/** Takes over what dead processes left in the journal. */
export interface Adoption {
  /** Looks once: in the given slot, and in all that nobody holds. */
  adopt(own?: JournalSlot): Promise<void>;
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

export function createAdoption({ clock, log, folder, intervalMs, onFound }: AdoptionOptions): Adoption {
  const held: JournalSlot[] = [];
  let cancel = (): void => {};
  let isStopped = false;

  const adopt = async (own?: JournalSlot): Promise<void> => {
    const taken = [...(own ? [own] : []), ...takeAbandonedSlots(folder)];
    held.push(...taken);
    let records = 0;
    for (const path of taken.flatMap(({ leftovers }) => leftovers)) {
      const segment = openLeftoverFile(path);
      const lines = await countLinesOf(segment);
      records += lines;
      onFound(segment, lines);
    }
    if (records > 0)
      log.info({ event: "journal.adopted", records }, "Found records that an ended process left behind.");
    if (isStopped) return;
    cancel = clock.after(intervalMs, () => {
      adopt().catch((error: unknown) => {
        log.warn({ event: "journal.unadopted", err: error }, "The journal of an ended process cannot be read.");
      });
    });
  };

  return {
    adopt,
    stop: () => {
      isStopped = true;
      cancel();
      for (const slot of held) slot.release();
    },
  };
}

const chunkBytes = 1024 * 1024;

async function countLinesOf(segment: SegmentFile): Promise<number> {
  const reader = await segment.openReader();
  let lines = 0;
  for (let at = 0; at < segment.writtenBytes; at += chunkBytes) lines += countLines(await reader.read(at, chunkBytes));
  await reader.close();
  return lines;
}
