import { expect, test, vi } from "vitest";
import type { AppendLog } from "./append-log.ts";
import { createAppendLog } from "./append-log.ts";
import type { SegmentFile } from "./segment-file.ts";

/** A disk whose writes end when they are told to. */
interface SlowDisk {
  readonly log: AppendLog;
  /** What stands in each segment. */
  readonly segments: string[];
  readonly sealed: number[];
  readonly endWrite: (error?: Error) => void;
  readonly writesUnderWay: () => number;
}

function setup(options: { maxQueued?: number } = {}): SlowDisk {
  const segments: string[] = [];
  const sealed: number[] = [];
  const writes: PromiseWithResolvers<void>[] = [];
  const log = createAppendLog({
    maxSegmentBytes: 1000,
    maxQueued: options.maxQueued ?? 1000,
    onAppended: () => {},
    createSegment: () => {
      const number = segments.push("") - 1;
      return {
        get writtenBytes() {
          return segments[number]!.length;
        },
        write: async (bytes) => {
          const write = Promise.withResolvers<void>();
          writes.push(write);
          await write.promise;
          segments[number] += Buffer.from(bytes).toString();
        },
        seal: () => sealed.push(number),
      } as Partial<SegmentFile> as SegmentFile;
    },
  });
  return {
    log,
    segments,
    sealed,
    endWrite: (error) => (error ? writes.shift()?.reject(error) : writes.shift()?.resolve()),
    writesUnderWay: () => writes.length,
  };
}

test("lines that come during a write go together in the next one, and only then resolve", async () => {
  const { log, segments, endWrite, writesUnderWay } = setup();
  const first = log.append("a\n");
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  let isSafe = false;
  const later = Promise.all([log.append("b\n"), log.append("c\n")]).then(() => {
    isSafe = true;
  });
  endWrite();
  await first;
  expect(isSafe).toBe(false);
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  endWrite();
  await later;
  expect(segments).toEqual(["a\nb\nc\n"]);
});

test("a segment is never sealed under a write", async () => {
  const { log, sealed, endWrite, writesUnderWay } = setup();
  const appending = log.append("a\n");
  log.retire();
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  log.retire();
  expect(sealed).toEqual([]);
  endWrite();
  await appending;
  await log.settle();
  log.retire();
  expect(sealed).toEqual([0]);
});

test("after a failed write the next line goes to a new segment", async () => {
  const { log, segments, sealed, endWrite, writesUnderWay } = setup();
  const first = log.append("a\n");
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  const second = log.append("b\n");
  endWrite(new Error("disk full"));
  await expect(first).rejects.toMatchObject({ code: "store_unavailable" });
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  endWrite();
  await second;
  expect(segments).toEqual(["", "b\n"]);
  expect(sealed).toEqual([0]);
});

test("lines beyond what may wait for the disk are refused", async () => {
  const { log, endWrite, writesUnderWay } = setup({ maxQueued: 10 });
  const first = log.append("12345678\n");
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  const second = log.append("12345678\n");
  await expect(log.append("12345678\n")).rejects.toMatchObject({ code: "store_unavailable" });
  endWrite();
  await first;
  await vi.waitFor(() => expect(writesUnderWay()).toBe(1));
  endWrite();
  await expect(second).resolves.toBeUndefined();
});
