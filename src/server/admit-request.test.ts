import { setImmediate } from "node:timers/promises";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createAdmit } from "./admit-request.ts";
import { createLoadGuard } from "./load-guard.ts";
import { parseJsonBodies } from "./parse-body.ts";
import type { StartQueue } from "./start-queue.ts";
import { createTraffic } from "./traffic.ts";

/** Starts each call some turns of the loop after it came. */
const lateQueue: StartQueue = {
  isFull: false,
  isRefusing: false,
  add: (start) => {
    void (async () => {
      for (let turn = 0; turn < 100; turn++) await setImmediate();
      start();
    })();
    return () => {};
  },
  shortenTurn: () => {},
};

test.each([10, 1000, 100_000, 900_000])(
  "a body of %i bytes arrives whole with a call that waits for its turn",
  async (size) => {
    const guard = createLoadGuard({ clock: createManualClock(), maxRssBytes: undefined });
    const traffic = createTraffic({
      maxInFlight: 10,
      maxBodyBytesInFlight: 1_000_000,
      guard,
      starts: lateQueue,
      random: () => 0.5,
    });
    const admit = createAdmit({
      traffic,
      starts: lateQueue,
      authenticate: () => ({ tenant: "default", scopes: ["call"] }),
      limitRate: () => undefined,
    });
    const http = fastify();
    parseJsonBodies(http);
    http.post("/", { onRequest: admit("call") }, (request, reply) => {
      void reply.send({ length: JSON.stringify(request.body).length });
    });
    const url = await http.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify("x".repeat(size - 2)),
    });
    expect(await response.json()).toEqual({ length: size });
    await http.close();
    guard.close();
  },
);
