import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createOutbound, type Outbound, type OutboundRequest } from "./outbound.ts";
import { createManualClock } from "./testing/manual-clock.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A raw server that does the same with each connection, once something came in. */
async function listen(act: (socket: Socket) => void): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => act(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function open(options: Parameters<typeof createOutbound>[0] = {}): Outbound {
  const outbound = createOutbound(options);
  cleanups.push(() => outbound.close());
  return outbound;
}

function toRequest(url: string, nowMs = Date.now()): OutboundRequest {
  const signal = new AbortController().signal;
  return { method: "GET", url, headers: {}, signal, deadlineMs: nowMs + 60_000, maxBytes: 10_000_000 };
}

/** Resolves when the connection is closed, by a reset too. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** Writes again and again, as fast as the other side reads. */
function flood(socket: Socket, text: string): void {
  const bytes = Buffer.from(text.repeat(Math.ceil(4096 / text.length)));
  const write = (): void => {
    if (socket.destroyed) return;
    if (socket.write(bytes)) setImmediate(write);
    else socket.once("drain", write);
  };
  write();
}

const head = "HTTP/1.1 200 OK\r\n";

describe("broken HTTP", () => {
  const table: readonly (readonly [string, string])[] = [
    ["no HTTP at all", "hello\r\n\r\n"],
    ["no status", "HTTP/1.1 \r\n\r\n"],
    ["a folded header", `${head}x-a: b\r\n c\r\ncontent-length: 2\r\n\r\nok`],
    ["NUL in a header", `${head}x-a: b\0c\r\ncontent-length: 2\r\n\r\nok`],
    ["bare line feeds", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"],
    ["two lengths", `${head}content-length: 2\r\ncontent-length: 3\r\n\r\nokk`],
    ["a length before chunks", `${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["chunks before a length", `${head}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["a negative length", `${head}content-length: -2\r\n\r\nok`],
    ["a length beyond numbers", `${head}content-length: ${"9".repeat(30)}\r\n\r\nok`],
    ["headers of 64 KiB", `${head}${`x-a: ${"b".repeat(1000)}\r\n`.repeat(64)}\r\n`],
    ["a body packed six times", `${head}content-encoding: gzip, br, gzip, zstd, br, gzip\r\n\r\n`],
  ];
  test.each(table)("%s is a protocol error, and its connection is closed", async (_what, answer) => {
    const { port, sockets } = await listen((socket) => socket.write(answer));
    const request = toRequest(`http://127.0.0.1:${port}/`);
    await expect(open().request(request)).rejects.toMatchObject({ code: "provider_protocol" });
    await closing(sockets[0]!);
  });

  test.each([
    ["heads of no answer", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", ""],
    ["a header without end", "y", `${head}x: `],
    ["trailers", "a: b\r\n", `${head}transfer-encoding: chunked\r\n\r\n0\r\n`],
  ])("%s without end are a protocol error long before the deadline", async (_what, piece, before) => {
    const { port, sockets } = await listen((socket) => {
      socket.write(before);
      flood(socket, piece);
    });
    const request = toRequest(`http://127.0.0.1:${port}/`);
    await expect(open().request(request)).rejects.toMatchObject({ code: "provider_protocol" });
    await closing(sockets[0]!);
  });

  test("one head of no answer before the answer is fine", async () => {
    const { port } = await listen((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${head}content-length: 2\r\n\r\nok`),
    );
    expect((await open().request(toRequest(`http://127.0.0.1:${port}/`))).body.toString()).toBe("ok");
  });
});

describe("a connection", () => {
  test.each([
    ["reset at once", (socket: Socket) => void socket.resetAndDestroy()],
    ["closed at once", (socket: Socket) => void socket.end()],
    ["upgraded", (socket: Socket) => void socket.write("HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")],
  ])("that is %s makes the other side unavailable", async (_how, act) => {
    const { port, sockets } = await listen(act);
    const request = toRequest(`http://127.0.0.1:${port}/`);
    await expect(open().request(request)).rejects.toMatchObject({ code: "provider_unavailable" });
    await closing(sockets[0]!);
  });

  test.each([
    ["TLS does not understand", "https"],
    ["goes to a name that nobody has", "unknown"],
  ])("that %s makes the other side unavailable", async (_how, kind) => {
    const { port } = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const url = kind === "https" ? `https://127.0.0.1:${port}/` : `http://nobody.invalid:${port}/`;
    await expect(open().request(toRequest(url))).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  test("that is not there after five seconds, TLS included, is given up", async () => {
    const clock = createManualClock();
    const hello = Promise.withResolvers<void>();
    const { port, sockets } = await listen(() => hello.resolve());
    const answer = open({ clock }).request(toRequest(`https://127.0.0.1:${port}/`, clock.now()));
    answer.catch(() => {});
    await hello.promise;
    clock.advance(4999);
    expect(sockets[0]!.destroyed).toBe(false);
    clock.advance(1);
    await expect(answer).rejects.toMatchObject({
      code: "provider_unavailable",
      detail: "The other side cannot be reached (CONNECT_TIMEOUT).",
    });
    await closing(sockets[0]!);
    expect(clock.waiting).toBe(0);
  });
});

test("streams that nobody reads hold less than 64 KiB each", async () => {
  const count = 30;
  const bytes = Buffer.alloc(1024 * 1024);
  const body = `${head}content-length: ${8 * bytes.length}\r\n\r\n`;
  const { port } = await listen((socket) => {
    socket.write(body);
    for (let part = 0; part < 8; part++) socket.write(bytes);
  });
  const small = await listen((socket) => socket.end(`${head}content-length: 2\r\n\r\nok`));
  const outbound = open();
  const before = process.memoryUsage().arrayBuffers;
  const url = `http://127.0.0.1:${port}/`;
  const streams = await Promise.all(Array.from({ length: count }, () => outbound.stream(toRequest(url))));
  // Round trips enough for all that would come.
  for (let trip = 0; trip < 10; trip++) await outbound.request(toRequest(`http://127.0.0.1:${small.port}/`));
  expect((process.memoryUsage().arrayBuffers - before) / count).toBeLessThan(64 * 1024);
  for (const { body: stream } of streams) stream.cancel();
});
