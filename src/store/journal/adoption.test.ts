import { mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ManualClock } from "../../testing/manual-clock.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import type { TemporaryFolder } from "../../testing/store-folder.ts";
import { createTemporaryFolder } from "../../testing/store-folder.ts";
import type { Adoption } from "./adoption.ts";
import { createAdoption } from "./adoption.ts";
import { takeAbandonedSlots, takeSlot } from "./journal-slot.ts";

const intervalMs = 1000;

let folder: TemporaryFolder;
let clock: ManualClock;
let found: { path: string; lines: number }[];
let logged: string;
let adoption: Adoption;

beforeEach(() => {
  folder = createTemporaryFolder();
  clock = createManualClock();
  found = [];
  logged = "";
  const log = pino({}, { write: (line) => void (logged += line) });
  const onFound = ({ path }: { path: string }, lines: number): void => void found.push({ path, lines });
  adoption = createAdoption({ clock, log, folder: folder.path, intervalMs, onFound });
});
afterEach(() => {
  adoption.stop();
  folder.remove();
});

function nameSegment(slot: number, number = 1): string {
  return join(folder.path, `slot-${slot}-4242-abcdef01-00000${number}.rows`);
}

function leave(path: string): string {
  writeFileSync(path, "{}\n{}\n");
  return path;
}

/** A folder opens and has a size, but reading it fails for everyone, root included. */
function leaveUnreadable(path: string): string {
  mkdirSync(path);
  return path;
}

async function lookAgain(): Promise<void> {
  clock.advance(intervalMs);
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
}

test("a segment that cannot be read hides no other, in its slot or in a later one", async () => {
  const own = [leave(nameSegment(0, 1)), leave(nameSegment(0, 3))];
  const unreadable = leaveUnreadable(nameSegment(0, 2));
  const later = [leave(nameSegment(5)), leave(nameSegment(6))];
  await adoption.adopt(takeSlot(folder.path));
  expect(found).toEqual([...own, ...later].map((path) => ({ path, lines: 2 })));
  expect(logged).toContain(`"event":"journal.unadopted","path":"${unreadable}"`);
});

test("a segment that could not be read is found once it can be, and once only", async () => {
  const path = leaveUnreadable(nameSegment(0));
  await adoption.adopt(takeSlot(folder.path));
  await lookAgain();
  expect(found).toEqual([]);
  rmdirSync(path);
  leave(path);
  await lookAgain();
  await lookAgain();
  expect(found).toEqual([{ path, lines: 2 }]);
});

test("a slot that cannot be read is free for others, and one with a segment found is not", async () => {
  leaveUnreadable(nameSegment(3));
  leave(nameSegment(4, 1));
  leaveUnreadable(nameSegment(4, 2));
  await adoption.adopt(takeSlot(folder.path));
  const free = takeAbandonedSlots(folder.path, () => {});
  expect(free.map(({ number }) => number)).toEqual([3]);
  for (const slot of free) slot.release();
});

test("a slot whose lock cannot be tried hides no other", async () => {
  leave(nameSegment(3));
  mkdirSync(join(folder.path, "slot-3.lock"));
  const path = leave(nameSegment(4));
  await adoption.adopt(takeSlot(folder.path));
  expect(found).toEqual([{ path, lines: 2 }]);
  expect(logged).toContain("journal.unadopted");
});

test("looking goes on after the folder could not be listed", async () => {
  await adoption.adopt(takeSlot(folder.path));
  const away = `${folder.path}-away`;
  renameSync(folder.path, away);
  await lookAgain();
  expect(logged).toContain("journal.unadopted");
  renameSync(away, folder.path);
  const path = leave(nameSegment(2));
  await lookAgain();
  expect(found).toEqual([{ path, lines: 2 }]);
});

test("nothing is looked at after the end", async () => {
  await adoption.adopt(takeSlot(folder.path));
  adoption.stop();
  expect(clock.waiting).toBe(0);
});
