import { close, closeSync, openSync, readSync, rmSync, statSync, write, writeSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { RecordOrigin } from "../sql-store.ts";

const writeAt = promisify(write);

/** A journal file: written at its end by one process, moved into the store from its start. */
export interface SegmentFile {
  readonly path: string;
  /** What its rows hold: its first line, after a `#`. A journal may be moved by a later version than wrote it. "": nobody knows. */
  readonly columns: string;
  /** Whose calls they are: this process's, or those of one that has ended. */
  readonly origin: RecordOrigin;
  /** Whole lines, up to here. What stands behind is from a write that failed, or was cut with its process. */
  readonly writtenBytes: number;
  /** How much of it is in the store. */
  movedBytes: number;
  /** True if nothing will be appended any more. */
  readonly isSealed: boolean;
  write(bytes: Uint8Array): Promise<void>;
  /** Never called while a write is under way. */
  seal(): void;
  openReader(): Promise<SegmentReader>;
  /** Makes what is written so far survive a power cut. */
  sync(): Promise<void>;
  delete(): Promise<void>;
}

export interface SegmentReader {
  read(at: number, maxBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export function createSegmentFile(path: string, columns: string): SegmentFile {
  const head = Buffer.from(`#${columns}\n`);
  const writer = openSync(path, "wx", 0o600);
  try {
    for (let done = 0; done < head.length;) done += writeSync(writer, head, done, head.length - done, done);
  } catch (error) {
    // A full disk still takes new files, and every call tries one.
    closeSync(writer);
    rmSync(path, { force: true });
    throw error;
  }
  return toSegmentFile({ path, columns, headBytes: head.length, writtenBytes: head.length, writer });
}

/** Its process may have died while it wrote the first line: then there are no rows. */
export function openLeftoverFile(path: string): SegmentFile {
  const head = readHead(path);
  const writtenBytes = statSync(path).size;
  const columns = columnList.exec(head)?.[1] ?? "";
  return toSegmentFile({ path, columns, headBytes: Math.min(head.length, writtenBytes), writtenBytes });
}

const maxHeadBytes = 4096;
const columnList = /^#([a-z_0-9]+(?:,[a-z_0-9]+)*)\n$/;

function readHead(path: string): string {
  const buffer = Buffer.alloc(maxHeadBytes);
  const file = openSync(path, "r");
  try {
    const text = buffer.toString("latin1", 0, readSync(file, buffer, 0, maxHeadBytes, 0));
    const end = text.indexOf("\n") + 1;
    return text.startsWith("#") ? text.slice(0, end === 0 ? text.length : end) : "";
  } finally {
    closeSync(file);
  }
}

/** True if the file is not there any more: it was moved and deleted in the meantime. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

interface SegmentState {
  readonly path: string;
  readonly columns: string;
  readonly headBytes: number;
  readonly writtenBytes: number;
  readonly writer?: number;
}

function toSegmentFile({ path, columns, headBytes, writer, ...start }: SegmentState): SegmentFile {
  let { writtenBytes } = start;
  let [syncedBytes, syncsUnderWay] = [0, 0];
  let descriptor = writer;
  return {
    path,
    columns,
    origin: writer === undefined ? "adopted" : "own",
    movedBytes: headBytes,
    get writtenBytes() {
      return writtenBytes;
    },
    get isSealed() {
      return descriptor === undefined;
    },
    write: async (chunk) => {
      if (descriptor === undefined) throw new Error(`${path} is sealed.`);
      // A write may be cut short, by a full disk for one; the rest then fails, or fits.
      for (let done = 0; done < chunk.length;) {
        const place = [done, chunk.length - done, writtenBytes + done] as const;
        // A write to the page cache takes 4 us, and handing it to the thread pool 20; but it may block while the file is
        // synced, and the event loop must not.
        done +=
          syncsUnderWay === 0
            ? writeSync(descriptor, chunk, ...place)
            : (await writeAt(descriptor, chunk, ...place)).bytesWritten;
      }
      writtenBytes += chunk.length;
    },
    seal: () => {
      if (descriptor !== undefined) close(descriptor);
      descriptor = undefined;
    },
    openReader: async () => {
      const file = await open(path, "r");
      return {
        read: async (at, maxBytes) => {
          const buffer = Buffer.allocUnsafe(Math.min(maxBytes, writtenBytes - at));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
          return buffer.subarray(0, bytesRead);
        },
        close: () => file.close(),
      };
    },
    sync: async () => {
      const reached = writtenBytes;
      if (syncedBytes === reached) return;
      const file = await open(path, "r");
      syncsUnderWay++;
      try {
        await file.datasync();
      } finally {
        syncsUnderWay--;
        await file.close();
      }
      syncedBytes = reached;
    },
    delete: () => rm(path, { force: true }),
  };
}
