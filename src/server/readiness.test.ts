import { afterEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { createFixture } from "./server-fixture.ts";
import { createServer } from "./server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

test("readiness follows the store, and asks it at most once a second", async () => {
  let nowMs = 1_000_000;
  let pings = 0;
  let isUp = true;
  const fixture = createFixture({}, { clock: { ...systemClock, now: () => nowMs }, pendingRecords: () => 2 });
  fixture.store.ping = async () => {
    pings++;
    if (!isUp) throw new Error("the store is down");
  };
  const server = createServer(fixture.dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  const read = async (): Promise<unknown> => {
    const response = await fetch(`${url}/readyz`);
    return { code: response.status, ...(parseJson(await response.text()) as object) };
  };
  const ready = {
    code: 200,
    status: "ready",
    draining: false,
    overloaded: false,
    store: "reachable",
    recordsPending: 2,
  };
  expect(await Promise.all([read(), read(), read()])).toEqual([ready, ready, ready]);
  expect(pings).toBe(1);
  isUp = false;
  expect(await read()).toEqual(ready);
  nowMs += 1000;
  expect(await read()).toMatchObject({ code: 503, status: "unavailable", store: "unreachable" });
  expect(pings).toBe(2);
  // The clock is set back.
  isUp = true;
  nowMs -= 100_000;
  expect(await read()).toEqual(ready);
});

test("a store that never answers makes the server unready, not slow", async () => {
  let passDeadline = (): void => {};
  const pinged = Promise.withResolvers<void>();
  const clock: Clock = {
    ...systemClock,
    after: (_ms, callback) => {
      passDeadline = callback;
      return () => {};
    },
  };
  const fixture = createFixture({}, { clock });
  fixture.store.ping = () => {
    pinged.resolve();
    return new Promise(() => {});
  };
  const server = createServer(fixture.dependencies);
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  closers.push(() => {
    const closed = server.close({ drainMs: 0 });
    passDeadline();
    return closed;
  });
  const answer = fetch(`${url}/readyz`);
  await pinged.promise;
  passDeadline();
  expect((await answer).status).toBe(503);
});
