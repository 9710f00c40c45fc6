import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { Part } from "../reply.ts";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { Gateway } from "../gateway.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import type { ManualClock } from "../testing/manual-clock.ts";
import { createApp } from "./app.ts";
import { createFixture, streamReply } from "./server-fixture.ts";
import { createStreamReply } from "./stream-reply.ts";
import type { StreamReply } from "./stream-reply.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const maxBufferedBytes = 32 * 1024;
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

test("a client that does not read holds at most 32 KiB, and the model is not asked for more", async () => {
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

interface Heard {
  readonly response: ServerResponse;
  readonly stream: StreamReply;
  readonly clock: ManualClock;
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves when the client has read this. */
  readonly hears: (wanted: string) => Promise<void>;
}

async function startStream(hasEventIds = false): Promise<Heard> {
  const clock = createManualClock();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const requested = once(server, "request") as Promise<[IncomingMessage, ServerResponse]>;
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  closers.push(async () => {
    socket.destroy();
    server.close();
  });
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.write(requestBytes);
  const [, response] = await requested;
  const head = { requestId: "r", snapshotId: "s" };
  const times = { stalledReaderMs: 60_000, heartbeatMs: 15_000 };
  const stream = createStreamReply({ response, head, clock, hasEventIds, ...times });
  const hears = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) await once(socket, "data");
  };
  return { response, stream, clock, socket, text: () => text, hears };
}

describe("a silent stream", () => {
  test("sends its head and a comment after each silence, and nothing sooner", async () => {
    const { stream, clock, text, hears } = await startStream();
    clock.advance(14_999);
    expect(stream.hasBegun).toBe(false);
    clock.advance(1);
    expect(stream.hasBegun).toBe(true);
    await hears(": keep-alive\n\n");
    clock.advance(10_000);
    await stream.write("data: 1\n\n");
    clock.advance(14_999);
    await stream.write("data: 2\n\n");
    clock.advance(14_999);
    await hears("data: 2\n\n");
    expect(text().split(": keep-alive\n").length).toBe(2);
    clock.advance(1);
    stream.end();
    await hears("0\r\n\r\n");
    expect(text().split(": keep-alive\n").length).toBe(3);
    expect(clock.waiting).toBe(0);
  });

  test("whose events have ids keeps its comments within them", async () => {
    const { stream, clock, text, hears } = await startStream(true);
    await stream.write("data: 1\nid: a\n\n");
    clock.advance(15_000);
    stream.warn(["late"]);
    await stream.write("data: 2\nid: b\n\n");
    await hears("id: b");
    const events = text().replaceAll(/\r\n[0-9a-f]+\r\n/g, "");
    expect(events).toContain("id: a\n\n: keep-alive\n: Headgate-Warning: late\ndata: 2\n");
  });

  test("that fails before its head went out leaves the answer alone", async () => {
    const { response, clock, hears, text } = await startStream();
    response.writeHead(503).end("a problem");
    clock.advance(60_000);
    await hears("a problem");
    await hears("0\r\n\r\n");
    expect(text()).not.toContain("keep-alive\n");
    expect(clock.waiting).toBe(0);
  });

  test("whose client has gone has no timer left", async () => {
    const { response, socket, clock } = await startStream();
    const closed = once(response, "close");
    socket.destroy();
    await closed;
    expect(clock.waiting).toBe(0);
  });

  test("tells warnings in its head, and later as comments of one line", async () => {
    const { stream, clock, hears, text } = await startStream();
    stream.warn(["first"]);
    clock.advance(15_000);
    await hears("Headgate-Warning: first\r\n");
    stream.warn(["second\nline"]);
    stream.warn([]);
    await hears(": Headgate-Warning: second?line\n\n");
    expect(text().split("Headgate-Warning")).toHaveLength(3);
  });

  test("gets no comment in the middle of an event that its reader is slow to take", async () => {
    const { stream, clock, socket, text } = await startStream();
    socket.pause();
    const event = `data: ${"x".repeat(10_000_000)}\n\n`;
    const written = stream.write(event);
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    clock.advance(50_000);
    socket.resume();
    expect(await written).toBe(true);
    stream.end();
    await once(socket, "data");
    while (!text().endsWith("0\r\n\r\n")) await once(socket, "data");
    const body = text().slice(text().indexOf("\r\n\r\n") + 4);
    expect(body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "")).toContain(event);
  });
});

test("a reader that takes little is not cut off, and one that takes nothing is", async () => {
  const { response, stream, clock, socket } = await startStream();
  socket.pause();
  const written = stream.write("x".repeat(10_000_000));
  const untilBlocked = async (): Promise<number> => {
    for (let before = -1; before !== response.writableLength; await setImmediate()) before = response.writableLength;
    return response.writableLength;
  };
  const length = await untilBlocked();
  let shown = length;
  Object.defineProperty(response, "writableLength", { get: () => shown });
  clock.advance(40_000);
  shown -= 1;
  clock.advance(20_000);
  expect(response.destroyed).toBe(false);
  clock.advance(59_999);
  expect(response.destroyed).toBe(false);
  clock.advance(1);
  expect(response.destroyed).toBe(true);
  expect(await written).toBe(false);
});
