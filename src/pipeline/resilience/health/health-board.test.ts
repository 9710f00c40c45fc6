import { expect, test } from "vitest";
import { createManualClock } from "../../../testing/manual-clock.ts";
import { HealthBoard, type BreakerChange } from "./health-board.ts";

function place(model: string): { provider: string; model: string; weight: number } {
  return { provider: "acme", model, weight: 1 };
}

function names(board: HealthBoard, nowMs: number): string[] {
  return board.list(nowMs).map(({ model }) => model);
}

test("knows a deployment again by provider and model, whichever object names it", () => {
  const board = new HealthBoard({ clock: createManualClock() });
  const health = board.of(place("a"));
  expect(board.of(place("b"))).not.toBe(health);
  expect(board.of({ provider: "other", model: "a" })).not.toBe(health);
  expect(board.of(place("a"))).toBe(health);
});

test("forgets the least recently used idle one to stay within its bound", () => {
  const clock = createManualClock();
  const board = new HealthBoard({ clock, maxEntries: 5 });
  board.of(place("busy")).tryBegin(place("busy"), clock.now());
  board.of(place("benched")).bench(clock.now() + 30_000, clock.now());
  const requests = { remaining: 5, resetAtMs: clock.now() + 30_000 };
  board.of(place("limited")).quota.learn({ requests }, clock.now());
  board.of(place("old"));
  board.of(place("used"));
  board.of(place("old"));
  board.of(place("new"));
  expect(names(board, clock.now())).toEqual(["busy", "benched", "limited", "old", "new"]);
});

test("keeps its bound even if none is idle", () => {
  const clock = createManualClock();
  const board = new HealthBoard({ clock, maxEntries: 3 });
  for (const model of ["a", "b", "c", "d", "e"]) board.of(place(model)).tryBegin(place(model), clock.now());
  expect(names(board, clock.now())).toEqual(["c", "d", "e"]);
});

test("holds no more than 4096 without being told", () => {
  const clock = createManualClock();
  const board = new HealthBoard({ clock });
  for (let index = 0; index < 5000; index += 1) board.of(place(`m${index}`));
  expect(board.list(clock.now())).toHaveLength(4096);
});

test("tells of every change of a breaker, and no longer once it is told to stop", () => {
  const clock = createManualClock();
  const board = new HealthBoard({ clock });
  const changes: BreakerChange[] = [];
  const stop = board.onChange((change) => changes.push(change));
  const health = board.of(place("a"));
  for (let call = 0; call < 5; call += 1) health.tryBegin(place("a"), clock.now())?.fail("stream_cut", clock.now());
  const openedAtMs = clock.now();
  clock.advance(1000);
  health.tryBegin(place("a"), clock.now())?.finish(clock.now());
  expect(changes).toEqual([
    { provider: "acme", model: "a", from: "closed", to: "open", atMs: openedAtMs },
    { provider: "acme", model: "a", from: "open", to: "half-open", atMs: clock.now() },
    { provider: "acme", model: "a", from: "half-open", to: "closed", atMs: clock.now() },
  ]);
  stop();
  for (let call = 0; call < 5; call += 1) health.tryBegin(place("a"), clock.now())?.fail("stream_cut", clock.now());
  expect(changes).toHaveLength(3);
});

test("reports what is known, and nothing that is not", () => {
  const clock = createManualClock();
  const board = new HealthBoard({ clock });
  const health = board.of(place("a"));
  const fresh = { provider: "acme", model: "a", state: "closed", consecutiveFailures: 0 } as const;
  const empty = { failuresInWindow: 0, resultsInWindow: 0, inFlight: 0, limit: 1024 };
  expect(board.list(clock.now())).toEqual([{ ...fresh, ...empty }]);
  const untilMs = clock.now() + 2000;
  health.bench(untilMs, clock.now());
  expect(board.list(clock.now())).toEqual([{ ...fresh, ...empty, benchedUntilMs: untilMs }]);
});
