import { HeadgateError } from "../../errors.ts";
import type { SegmentFile } from "./segment-file.ts";

/** Appends lines to segment files: those of one turn of the event loop in one write. */
export interface AppendLog {
  /** Resolves when the operating system has the line. @throws HeadgateError `store_unavailable` if the disk refuses it. */
  append(line: string): Promise<void>;
  /** Waits for the appends so far, whatever becomes of them. */
  settle(): Promise<void>;
  /** Seals the current segment, so that it can go once it is moved; not while a write is under way. */
  retire(): void;
}

export interface AppendLogOptions {
  readonly maxSegmentBytes: number;
  /** Characters that may wait for a slow disk; appends beyond are refused. */
  readonly maxQueued: number;
  readonly createSegment: () => SegmentFile;
  /** Called after each write with the number of lines that are safe now. */
  readonly onAppended: (lines: number) => void;
}

interface Batch {
  text: string;
  lines: number;
  readonly done: PromiseWithResolvers<void>;
}

export function createAppendLog(options: AppendLogOptions): AppendLog {
  const { maxSegmentBytes, maxQueued, createSegment, onAppended } = options;
  let segment: SegmentFile | undefined;
  let queued: Batch | undefined;
  let writing: Promise<void> | undefined;

  const seal = (): void => {
    segment?.seal();
    segment = undefined;
  };

  const write = async (batch: Batch): Promise<void> => {
    const bytes = Buffer.from(batch.text);
    try {
      if (segment && segment.writtenBytes + bytes.length > maxSegmentBytes) seal();
      segment ??= createSegment();
      await segment.write(bytes);
    } catch (error) {
      // What a failed write left in the file must not stand before the next line.
      seal();
      batch.done.reject(
        new HeadgateError("store_unavailable", { detail: "The usage journal cannot be written.", cause: error }),
      );
      return;
    }
    onAppended(batch.lines);
    batch.done.resolve();
  };

  const writeQueued = async (): Promise<void> => {
    while (queued) {
      // At the end of this turn of the event loop, so that everything that comes in during it shares the write: handing
      // a write to the thread pool costs more than the write.
      await endOfTurn();
      const batch = queued;
      queued = undefined;
      await write(batch);
    }
    writing = undefined;
  };

  return {
    append: (line) => {
      if (!queued) queued = { text: line, lines: 1, done: Promise.withResolvers() };
      else if (queued.text.length + line.length > maxQueued) return Promise.reject(tooSlow());
      else {
        queued.text += line;
        queued.lines++;
      }
      writing ??= writeQueued();
      return queued.done.promise;
    },
    settle: async () => {
      await writing;
    },
    retire: () => {
      if (!writing) seal();
    },
  };
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function tooSlow(): HeadgateError {
  return new HeadgateError("store_unavailable", { detail: "The disk of the usage journal is too slow." });
}
