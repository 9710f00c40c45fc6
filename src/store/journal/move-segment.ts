import { appendFile, stat } from "node:fs/promises";
import type { Logger } from "../../telemetry/logger.ts";
import { isUnstorable } from "../sql-store.ts";
import type { RecordOrigin } from "../sql-store.ts";
import type { SegmentFile, SegmentReader } from "./segment-file.ts";

export interface MoveOptions {
  readonly insertRows: (rows: Uint8Array, columns: string, origin: RecordOrigin) => Promise<void>;
  readonly log: Logger;
  /** Keeps lines that the store refuses for what is in them. */
  readonly rejectedPath: string;
  /** Called with the number of lines that left the journal. */
  readonly onMoved: (lines: number) => void;
}

const newline = 0x0a;
// About 4,000 records: a statement of 50 ms.
const batchBytes = 1024 * 1024;
const maxLineBytes = 64 * 1024 * 1024;
const maxRejectedBytes = 16 * 1024 * 1024;

/** Moves what stands in a segment into the store, batch by batch; may be called again after it failed, or for more. */
export async function moveSegment(segment: SegmentFile, options: MoveOptions): Promise<void> {
  if (segment.movedBytes === segment.writtenBytes) return;
  const reader = await segment.openReader();
  try {
    while (segment.movedBytes < segment.writtenBytes) {
      const lines = await readLines(reader, segment);
      if (lines.length > 0 && segment.columns === "") await setAside(lines, unknownColumns, segment, options);
      else if (lines.length > 0) await moveLines(lines, segment, options);
      else {
        // Its process died while writing it, so its caller has not been told that it is safe.
        const bytes = segment.writtenBytes - segment.movedBytes;
        options.log.warn({ event: "journal.torn", path: segment.path, bytes }, "The cut end of a journal was dropped.");
        segment.movedBytes = segment.writtenBytes;
      }
    }
  } finally {
    await reader.close();
  }
}

/** The next whole lines, about a batch of them; none if what is left is no whole line. */
async function readLines(reader: SegmentReader, { movedBytes, writtenBytes }: SegmentFile): Promise<Uint8Array> {
  for (let wantedBytes = batchBytes; ; wantedBytes *= 2) {
    const chunk = await reader.read(movedBytes, wantedBytes);
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0 || movedBytes + chunk.length >= writtenBytes || wantedBytes >= maxLineBytes)
      return chunk.subarray(0, end);
  }
}

/** What is through counts as moved at once: if the rest fails, it is tried again without it. */
async function moveLines(lines: Uint8Array, segment: SegmentFile, options: MoveOptions): Promise<void> {
  try {
    await options.insertRows(lines, segment.columns, segment.origin);
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    const middle = findMiddle(lines);
    if (middle < lines.length) {
      await moveLines(lines.subarray(0, middle), segment, options);
      await moveLines(lines.subarray(middle), segment, options);
      return;
    }
    await setAside(lines, error, segment, options);
    return;
  }
  segment.movedBytes += lines.length;
  options.onMoved(countLines(lines));
}

/** The start of a line near the middle; the end if there is only one line. */
function findMiddle(lines: Uint8Array): number {
  const after = lines.indexOf(newline, lines.length >> 1) + 1;
  return after < lines.length ? after : lines.lastIndexOf(newline, lines.length - 2) + 1 || lines.length;
}

const unknownColumns = new Error("The first line of the journal's file, which names the columns, is damaged.");

async function setAside(lines: Uint8Array, error: unknown, segment: SegmentFile, options: MoveOptions): Promise<void> {
  const { log, rejectedPath, onMoved } = options;
  const size = await stat(rejectedPath).then(
    (found) => found.size,
    () => 0,
  );
  if (size + lines.length <= maxRejectedBytes) await appendFile(rejectedPath, lines, { mode: 0o600 });
  log.error(
    { event: "journal.rejected", path: rejectedPath, err: error },
    "The store cannot hold a record; it was set aside.",
  );
  segment.movedBytes += lines.length;
  onMoved(countLines(lines));
}

export function countLines(lines: Uint8Array): number {
  let count = 0;
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) count++;
  return count;
}
