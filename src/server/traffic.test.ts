import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { LoadGuard } from "./load-guard.ts";
import type { StartQueue } from "./start-queue.ts";
import { createTraffic } from "./traffic.ts";
import type { Entry, Traffic } from "./traffic.ts";

const call: Entry = { announcedBytes: 0, bodyBytes: 0, canBeRefused: true };

function createResponse(): ServerResponse {
  return { headersSent: false, shouldKeepAlive: true } as ServerResponse;
}

const idleQueue: StartQueue = { isFull: false, isRefusing: false, add: () => () => {}, shortenTurn: () => {} };

function setup(
  guard: Partial<LoadGuard> = {},
  { random = 0.5, starts = idleQueue }: { readonly random?: number; readonly starts?: StartQueue } = {},
): { traffic: Traffic; enter: () => ServerResponse } {
  const traffic = createTraffic({
    maxInFlight: 20,
    maxBodyBytesInFlight: 100,
    guard: { refusedShare: 0, isShortOfMemory: false, close: () => {}, ...guard },
    starts,
    random: () => random,
  });
  const enter = (): ServerResponse => {
    const response = createResponse();
    traffic.enter(response, call);
    traffic.begin(response);
    return response;
  };
  return { traffic, enter };
}

const overloaded = expect.objectContaining({ code: "overloaded", retryAfterMs: 1000 }) as Error;

test("requests that are still arriving take no place from those at work", () => {
  const { traffic, enter } = setup();
  const arriving = Array.from({ length: 50 }, createResponse);
  for (const response of arriving) traffic.enter(response, call);
  for (let index = 0; index < 20; index++) enter();
  expect(traffic.inFlight).toBe(20);
  expect(() => traffic.begin(arriving[0]!)).toThrow(overloaded);
  expect(enter).toThrow(overloaded);
  for (const response of arriving) traffic.leave(response);
  expect(traffic.inFlight).toBe(20);
});

test("a share of the calls is refused while the loop is late and many are there, and no request of the operator's", () => {
  const { traffic, enter } = setup({ refusedShare: 0.3 }, { random: 0.29 });
  expect(traffic.isShedding).toBe(true);
  // Something else keeps the loop then.
  for (let index = 0; index < 8; index++) expect(enter).not.toThrow();
  expect(enter).toThrow(overloaded);
  expect(() => traffic.enter(createResponse(), { ...call, canBeRefused: false })).not.toThrow();
  const lucky = setup({ refusedShare: 0.3 }, { random: 0.31 });
  for (let index = 0; index < 9; index++) expect(lucky.enter).not.toThrow();
});

test("calls are refused while too many wait to be started, and no request of the operator's", () => {
  const { traffic, enter } = setup({}, { starts: { ...idleQueue, isFull: true, isRefusing: true } });
  expect(traffic.isShedding).toBe(true);
  expect(enter).toThrow(overloaded);
  expect(() => traffic.enter(createResponse(), { ...call, canBeRefused: false })).not.toThrow();
});

test("short of memory, a tenth of the calls go on", () => {
  const { traffic, enter } = setup({ isShortOfMemory: true });
  const first = enter();
  enter();
  expect(enter).toThrow(overloaded);
  traffic.leave(first);
  expect(enter).not.toThrow();
});

test("bodies count as they arrive, and one alone may be of any size", () => {
  const { traffic } = setup();
  const [first, second, third] = [createResponse(), createResponse(), createResponse()];
  const large: Entry = { announcedBytes: 90, bodyBytes: 0, canBeRefused: true };
  traffic.enter(first, large);
  traffic.enter(second, large);
  traffic.grow(first, 60);
  traffic.grow(second, 40);
  expect(() => traffic.grow(second, 1)).toThrow(overloaded);
  expect(() => traffic.enter(third, large)).toThrow(overloaded);
  traffic.leave(second);
  traffic.grow(first, 1000);
  traffic.leave(first);
  expect(() => traffic.enter(third, large)).not.toThrow();
});

test("draining, it waits for who is there, and sends connections away with their answers", async () => {
  const { traffic, enter } = setup();
  const before = enter();
  traffic.depart();
  const during = enter();
  expect([before.shouldKeepAlive, during.shouldKeepAlive, traffic.isDraining]).toEqual([false, false, true]);
  traffic.refuse();
  const late = createResponse();
  expect(() => traffic.enter(late, { ...call, canBeRefused: false })).toThrow(
    expect.objectContaining({ code: "shutting_down" }) as Error,
  );
  expect(late.shouldKeepAlive).toBe(false);
  let isIdle = false;
  const idle = traffic.untilIdle().then(() => (isIdle = true));
  traffic.leave(before);
  await Promise.resolve();
  expect(isIdle).toBe(false);
  traffic.leave(during);
  await idle;
});
