import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createTemporaryFolder } from "../../testing/store-folder.ts";
import type { BackgroundSync } from "./background-sync.ts";
import { createBackgroundSync } from "./background-sync.ts";
import type { SegmentFile } from "./segment-file.ts";
import { createSegmentFile } from "./segment-file.ts";

let folder: TemporaryFolder;
let clock: ManualClock;
let segments: Set<SegmentFile>;
let sync: BackgroundSync;
let logged: string;

beforeEach(() => {
  folder = createTemporaryFolder();
  clock = createManualClock();
  segments = new Set();
  logged = "";
  const log = pino({}, { write: (line) => void (logged += line) });
  sync = createBackgroundSync({ clock, log, intervalMs: 1000, folder: folder.path, segments });
});
afterEach(() => folder.remove());

function addSegment(movedBytes: number, writtenBytes: number): ReturnType<typeof vi.fn> {
  const syncSegment = vi.fn<() => Promise<void>>().mockResolvedValue();
  segments.add({ movedBytes, writtenBytes, sync: syncSegment } as Partial<SegmentFile> as SegmentFile);
  return syncSegment;
}

test("what has waited for an interval is synced, and what is in the store is not", async () => {
  const waiting = addSegment(10, 20);
  const moved = addSegment(20, 20);
  sync.wake();
  clock.advance(999);
  expect(waiting).not.toHaveBeenCalled();
  clock.advance(1);
  await vi.waitFor(() => expect(waiting).toHaveBeenCalledTimes(1));
  expect(moved).not.toHaveBeenCalled();
});

test("many appends bring one sync per interval, and none brings none", async () => {
  const waiting = addSegment(0, 1);
  for (let count = 0; count < 10; count++) sync.wake();
  clock.advance(5000);
  await vi.waitFor(() => expect(waiting).toHaveBeenCalledTimes(1));
  expect(clock.waiting).toBe(0);
  sync.wake();
  clock.advance(1000);
  await vi.waitFor(() => expect(waiting).toHaveBeenCalledTimes(2));
});

test("stopping syncs what is left at once", async () => {
  const waiting = addSegment(0, 1);
  sync.wake();
  await sync.stop();
  expect(waiting).toHaveBeenCalledTimes(1);
  expect(clock.waiting).toBe(0);
});

test("a segment that was moved and deleted meanwhile keeps no other from being synced, and is no news", async () => {
  const segment = createSegmentFile(join(folder.path, "moved.rows"), "a");
  await segment.write(Buffer.from("{}\n"));
  segment.seal();
  await segment.delete();
  segments.add(segment);
  const waiting = addSegment(0, 1);
  sync.wake();
  await sync.stop();
  expect(waiting).toHaveBeenCalledTimes(1);
  expect(logged).toBe("");
});

test("a segment that the disk refuses to sync is logged, and the others are synced", async () => {
  addSegment(0, 1).mockRejectedValueOnce(Object.assign(new Error("EIO"), { code: "EIO" }));
  const waiting = addSegment(0, 1);
  sync.wake();
  await sync.stop();
  expect(waiting).toHaveBeenCalledTimes(1);
  expect(logged).toContain("journal.unsynced");
});
