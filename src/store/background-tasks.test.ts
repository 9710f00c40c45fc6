import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { startBackgroundTasks } from "./background-tasks.ts";

const log = pino({ enabled: false });

test("a round of tasks runs after every interval, in order", async () => {
  const clock = createManualClock();
  const ran: string[] = [];
  const tasks = ["first", "second"].map((name) => async () => void ran.push(name));
  const background = startBackgroundTasks({ clock, log, intervalMs: 1000, tasks });
  clock.advance(999);
  expect(ran).toEqual([]);
  clock.advance(1);
  await vi.waitFor(() => expect(ran).toEqual(["first", "second"]));
  await vi.waitFor(() => expect(clock.waiting).toBe(1));
  clock.advance(1000);
  await vi.waitFor(() => expect(ran).toHaveLength(4));
  await background.stop();
  expect(clock.waiting).toBe(0);
});

test("a task that fails stops neither the others nor the next round", async () => {
  const clock = createManualClock();
  const fails = vi.fn<() => Promise<void>>().mockRejectedValue(new Error("no"));
  const works = vi.fn<() => Promise<void>>().mockResolvedValue();
  const background = startBackgroundTasks({ clock, log, intervalMs: 10, tasks: [fails, works] });
  for (const round of [1, 2]) {
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    clock.advance(10);
    await vi.waitFor(() => expect(works).toHaveBeenCalledTimes(round));
  }
  expect(fails).toHaveBeenCalledTimes(2);
  await background.stop();
});

test("stopping waits for the task under way and starts no other", async () => {
  const clock = createManualClock();
  const first = Promise.withResolvers<void>();
  const second = vi.fn<() => Promise<void>>().mockResolvedValue();
  let begun = false;
  const slow = async (): Promise<void> => {
    begun = true;
    await first.promise;
  };
  const background = startBackgroundTasks({ clock, log, intervalMs: 10, tasks: [slow, second] });
  clock.advance(10);
  await vi.waitFor(() => expect(begun).toBe(true));
  let isStopped = false;
  const stopping = background.stop().then(() => {
    isStopped = true;
  });
  await Promise.resolve();
  expect(isStopped).toBe(false);
  first.resolve();
  await stopping;
  expect(second).not.toHaveBeenCalled();
});
