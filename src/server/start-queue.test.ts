import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { HeadgateError } from "../errors.ts";
import { createManualClock, type ManualClock } from "../testing/manual-clock.ts";
import { createStartQueue, type StartQueue } from "./start-queue.ts";

interface Setup {
  readonly queue: StartQueue;
  readonly clock: ManualClock;
  /** Time in which the loop has nothing to do. */
  readonly rest: (ms: number) => void;
  /** The calls that were started, each with what it was told. */
  readonly started: { readonly name: string; readonly error: HeadgateError | undefined }[];
  /** Adds calls that each take this long to start, and are over when their start is, unless they stay. */
  readonly add: (count: number, startMs: number, options?: { readonly stays?: boolean }) => (() => void)[];
}

function setup(): Setup {
  const clock = createManualClock();
  let restedMs = 0;
  const queue = createStartQueue({ clock, readCpuMs: () => clock.now() - restedMs, readIdleMs: () => restedMs });
  const started: Setup["started"] = [];
  let added = 0;
  const add: Setup["add"] = (count, startMs, { stays = false } = {}) =>
    Array.from({ length: count }, () => {
      const name = String(added++);
      const end: () => void = queue.add((error) => {
        started.push({ name, error });
        clock.advance(startMs);
        if (!stays) queueMicrotask(() => end());
      });
      return end;
    });
  const rest = (ms: number): void => {
    restedMs += ms;
    clock.advance(ms);
  };
  return { queue, clock, started, add, rest };
}

const names = ({ started }: Setup): string[] => started.map(({ name }) => name);

/** Turns of the loop, each with this much other work in it. */
async function pass(clock: ManualClock, turns: number, otherMs = 0): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    clock.advance(otherMs);
    await setImmediate();
  }
}

test("calls that cost little are started as they come", () => {
  const given = setup();
  given.add(1000, 0);
  expect(given.started).toHaveLength(1000);
});

test("a turn starts calls for 20 ms, and the others in later turns, in order", async () => {
  const given = setup();
  given.add(10, 8);
  expect(names(given)).toEqual(["0", "1", "2"]);
  await pass(given.clock, 1);
  expect(names(given)).toEqual(["0", "1", "2", "3", "4", "5"]);
  given.add(1, 8);
  await pass(given.clock, 3);
  expect(names(given)).toEqual(Array.from({ length: 11 }, (_, index) => String(index)));
});

test("who leaves while it waits is not started", async () => {
  const given = setup();
  const ends = given.add(5, 30);
  ends[1]!();
  ends[4]!();
  await pass(given.clock, 10);
  expect(names(given)).toEqual(["0", "2", "3"]);
  expect(given.queue.isFull).toBe(false);
});

test("a burst that passes within a second is served as a whole", async () => {
  const given = setup();
  given.add(400, 2);
  for (let turn = 0; turn < 100; turn++) {
    expect(given.queue.isFull).toBe(false);
    await pass(given.clock, 1);
  }
  expect(given.started).toHaveLength(400);
  expect(given.started.every(({ error }) => error === undefined)).toBe(true);
});

test("calls that wait for two seconds without pause have others refused, until a second has passed in calm", async () => {
  const given = setup();
  const { queue, clock } = given;
  given.add(990, 5);
  let refusedAfterMs: number | undefined;
  const beganMs = clock.now();
  for (let turn = 0; turn < 1000 && refusedAfterMs === undefined; turn++) {
    await pass(clock, 1);
    if (queue.isFull) refusedAfterMs = clock.now() - beganMs;
  }
  expect(refusedAfterMs).toBeGreaterThanOrEqual(2000);
  expect(refusedAfterMs).toBeLessThan(2100);
  expect(queue.isRefusing).toBe(true);
  // Those that came before are served, and the queue is then as short as the calls that it may hold are late.
  await pass(clock, 2000);
  expect(given.started).toHaveLength(990);
  expect(queue.isFull).toBe(false);
  clock.advance(1000);
  expect(queue.isRefusing).toBe(false);
});

test("while it refuses, it takes as many calls as it starts in a fifth of a second", async () => {
  const given = setup();
  const { queue, clock } = given;
  given.add(500, 5);
  let most = 0;
  for (let turn = 0; turn < 1500; turn++) {
    let taken = 0;
    while (taken < 200 && !queue.isFull) {
      given.add(1, 5);
      taken++;
    }
    // By then, those that came before calls were refused are started.
    if (turn > 1200) most = Math.max(most, taken);
    await pass(clock, 1);
  }
  expect(queue.isRefusing).toBe(true);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(40);
});

test("calls that are late in every turn are started all the same, one a turn, while others are refused", async () => {
  const given = setup();
  given.add(1001, 30);
  expect(given.queue.isFull).toBe(true);
  const before = given.started.length;
  for (let turn = 0; turn < 10; turn++) {
    await pass(given.clock, 1, 10);
    expect(given.queue.isRefusing).toBe(true);
  }
  expect(given.started).toHaveLength(before + 10);
});

test("while it refuses, calls at work that make turns long hold others back until there are fewer of them", async () => {
  const given = setup();
  const ends = given.add(1100, 1, { stays: true });
  const look = async (turns: number): Promise<number> => {
    for (let turn = 0; turn < turns; turn++) {
      // Somebody is refused.
      expect(given.queue.isFull).toBe(true);
      await pass(given.clock, 1, 100);
    }
    return given.started.length;
  };
  const before = await look(10);
  expect(before).toBe(21);
  expect(await look(20)).toBe(before);
  for (const end of ends.slice(0, before)) end();
  expect(await look(1)).toBeGreaterThan(before);
});

test("a turn that took a connection in starts one call", async () => {
  const given = setup();
  given.add(20, 5);
  const before = given.started.length;
  given.queue.shortenTurn();
  await pass(given.clock, 1);
  expect(given.started).toHaveLength(before + 1);
  await pass(given.clock, 1);
  expect(given.started).toHaveLength(before + 5);
});

test.each([
  { restMs: 10, isFull: true },
  { restMs: 100, isFull: false },
])("waves of calls between which the loop rests for $restMs ms: refused $isFull", async ({ restMs, isFull }) => {
  const { queue, clock, add, rest } = setup();
  for (let wave = 0; wave < 10; wave++) {
    add(100, 3);
    await pass(clock, 30);
    rest(restMs);
  }
  add(100, 3);
  await pass(clock, 1);
  add(1, 3);
  expect(queue.isFull).toBe(isFull);
});

test("with a thousand waiting, one more is refused at once", () => {
  const given = setup();
  given.add(1000, 30);
  expect(given.queue.isFull).toBe(false);
  given.add(1, 30);
  expect(given.queue.isFull).toBe(true);
});

test("a call that has waited for 10 s is told so instead of being started", async () => {
  const given = setup();
  given.add(3, 30);
  given.clock.advance(10_001);
  await pass(given.clock, 5);
  expect(given.started.map(({ error }) => error?.code)).toEqual([undefined, "overloaded", "overloaded"]);
});
