import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import type { ManualClock } from "../testing/manual-clock.ts";
import { createLoadGuard } from "./load-guard.ts";
import type { LoadGuard } from "./load-guard.ts";

interface Setup {
  readonly guard: LoadGuard;
  readonly clock: ManualClock;
  /** One sample that comes this late. */
  readonly sample: (lateMs: number) => Promise<void>;
  readonly setMemoryShare: (share: number) => void;
}

function setup(): Setup {
  const manual = createManualClock();
  let lateMs = 0;
  let memoryShare = 0.5;
  const clock = { ...manual, now: () => manual.now() + lateMs };
  const guard = createLoadGuard({ clock, maxRssBytes: undefined, readMemoryShare: () => memoryShare });
  return {
    guard,
    clock: manual,
    sample: async (late) => {
      lateMs = late;
      manual.advance(100);
      lateMs = 0;
      await setImmediate();
    },
    setMemoryShare: (share) => (memoryShare = share),
  };
}

test("a loop that stays late has calls refused, the more the later, but never all of them", async () => {
  const { guard, sample } = setup();
  for (let index = 0; index < 4; index++) await sample(200);
  expect(guard.refusedShare).toBe(0);
  for (let index = 0; index < 4; index++) await sample(500);
  expect(guard.refusedShare).toBe(0.5);
  for (let index = 0; index < 4; index++) await sample(5000);
  expect(guard.refusedShare).toBe(0.95);
});

test("one long task refuses nobody, and a loop in time again takes all calls within a second", async () => {
  const { guard, sample } = setup();
  await sample(60_000);
  for (let index = 0; index < 4; index++) {
    expect(guard.refusedShare).toBe(0);
    await sample(0);
  }
  await sample(600);
  await sample(600);
  expect(guard.refusedShare).toBeGreaterThan(0.5);
  for (let index = 0; index < 3; index++) await sample(0);
  expect(guard.refusedShare).toBe(0);
});

test("memory is looked at once a second", async () => {
  const { guard, sample, setMemoryShare } = setup();
  expect(guard.isShortOfMemory).toBe(false);
  setMemoryShare(1.01);
  for (let index = 0; index < 10; index++) await sample(0);
  expect(guard.isShortOfMemory).toBe(true);
  setMemoryShare(0.99);
  for (let index = 0; index < 10; index++) await sample(0);
  expect(guard.isShortOfMemory).toBe(false);
});

test("the process's own memory is within its bounds, and one byte is not", () => {
  const clock = createManualClock();
  const roomy = createLoadGuard({ clock, maxRssBytes: undefined });
  const tight = createLoadGuard({ clock, maxRssBytes: 1 });
  expect([roomy.isShortOfMemory, tight.isShortOfMemory]).toEqual([false, true]);
  roomy.close();
  tight.close();
  expect(clock.waiting).toBe(0);
});
