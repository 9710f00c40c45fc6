import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { Part } from "../reply.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { Gateway } from "../gateway.ts";
import { createApp } from "./app.ts";
import { createFixture, streamReply } from "./server-fixture.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const maxBufferedBytes = 64 * 1024;
const requestBytes =
  "POST /api/summarize/v1 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/** 50 MB: more than any operating system takes for one connection. */
function* manyParts(): Generator<Part> {
  for (let index = 0; index < 50_000; index++) yield { type: "delta", path: "/summary", append: "x".repeat(1000) };
}

interface SlowReader {
  readonly socket: Socket;
  readonly response: Promise<ServerResponse>;
  /** The most bytes that the server ever held for the client. */
  readonly maxHeldBytes: () => number;
  readonly pulledParts: () => number;
  readonly left: Promise<void>;
  /** Lets the server's patience with the reader run out. */
  readonly runOut: () => void;
}

async function startSlow(parts: Iterable<Part>): Promise<SlowReader> {
  let runOut = (): void => {};
  let pulled = 0;
  let held = 0;
  const left = Promise.withResolvers<void>();
  const response = Promise.withResolvers<ServerResponse>();
  const clock: Clock = {
    ...systemClock,
    after: (ms, callback) => {
      if (ms === 777) runOut = callback;
      return () => {};
    },
  };
  const gateway: Partial<Gateway> = {
    callEndpoint: async () =>
      streamReply(
        (async function* (): AsyncGenerator<Part> {
          const { socket } = await response.promise;
          try {
            for (const part of parts) {
              pulled++;
              yield part;
              held = Math.max(held, socket?.writableLength ?? 0);
            }
          } finally {
            left.resolve();
          }
        })(),
      ),
  };
  const { http, context } = createApp(createFixture(gateway, { clock, limits: { stalledReaderMs: 777 } }).dependencies);
  closers.push(async () => {
    context.keys.close();
    await http.close();
  });
  http.server.on("request", (_request: IncomingMessage, one: ServerResponse) => response.resolve(one));
  await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((http.server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  socket.pause();
  socket.write(requestBytes);
  return {
    socket,
    response: response.promise,
    maxHeldBytes: () => held,
    pulledParts: () => pulled,
    left: left.promise,
    runOut: () => runOut(),
  };
}

/** Resolves when the operating system takes no more bytes and the server waits. */
async function untilStalled({ response, pulledParts }: SlowReader): Promise<void> {
  const one = await response;
  for (let before = -1; before !== pulledParts() || !one.writableNeedDrain; await setImmediate())
    before = pulledParts();
}

test("a client that does not read holds at most 64 KiB, and the model is not asked for more", async () => {
  const reader = await startSlow(manyParts());
  await untilStalled(reader);
  const pulled = reader.pulledParts();
  expect(reader.maxHeldBytes()).toBeLessThanOrEqual(maxBufferedBytes);
  const { socket } = await reader.response;
  expect(socket?.writableLength).toBeLessThanOrEqual(maxBufferedBytes);
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  expect(reader.pulledParts()).toBe(pulled);
  reader.socket.resume();
  while (reader.pulledParts() < pulled + 1000) await once(reader.socket, "data");
  expect(reader.maxHeldBytes()).toBeLessThanOrEqual(maxBufferedBytes);
  reader.socket.destroy();
  await reader.left;
});

test("a client that does not read gets one huge event in pieces, whole", async () => {
  const append = "é".repeat(5_000_000);
  const reader = await startSlow([
    { type: "delta", path: "/summary", append },
    { type: "finish", reason: "stop", outcome: { status: "ok", output: { summary: "" }, warnings: [] } },
  ]);
  const one = await reader.response;
  while (!one.writableNeedDrain) await setImmediate();
  expect(one.socket?.writableLength).toBeLessThanOrEqual(maxBufferedBytes);
  let text = "";
  reader.socket
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text += chunk))
    .resume();
  await reader.left;
  while (!text.endsWith("0\r\n\r\n")) await once(reader.socket, "data");
  expect(text.replaceAll(/\r\n[0-9a-f]+\r\n/g, "")).toContain(`"append":"${append}"`);
});

test("a client that does not read is cut off when its pause grows too long, and the call is cancelled", async () => {
  const reader = await startSlow(manyParts());
  await untilStalled(reader);
  reader.runOut();
  await reader.left;
  expect((await reader.response).destroyed).toBe(true);
});

test("a client that does not read and goes away lets the server forget it", async () => {
  const reader = await startSlow(manyParts());
  await untilStalled(reader);
  reader.socket.destroy();
  await reader.left;
  expect((await reader.response).destroyed).toBe(true);
});
