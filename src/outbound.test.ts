import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { createOutbound, type OutboundRequest } from "./outbound.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Upstream {
  readonly url: URL;
  readonly server: Server;
  readonly sockets: Socket[];
  /** Resolves with the next connection. */
  connection(): Promise<Socket>;
}

/** A raw server; `onRequest` runs for each chunk that comes in. */
async function listen(onRequest: (socket: Socket, bytes: Buffer) => void, scheme = "http"): Promise<Upstream> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => onRequest(socket, bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const connection = async (): Promise<Socket> => ((await once(server, "connection")) as [Socket])[0];
  return {
    url: new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/path?q=1`),
    server,
    sockets,
    connection,
  };
}

function open(options: Parameters<typeof createOutbound>[0] = {}): ReturnType<typeof createOutbound> {
  const outbound = createOutbound(options);
  cleanups.push(() => outbound.close());
  return outbound;
}

function toRequest(url: URL, overrides: Partial<OutboundRequest> = {}): OutboundRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "text/plain" },
    body: "hello",
    signal: new AbortController().signal,
    deadlineMs: Date.now() + 10_000,
    maxBytes: 1_000_000,
    peer: "The upstream",
    ...overrides,
  };
}

/** Resolves when the connection is closed, by a reset too. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** Enough turns of the event loop for everything that is on its way to arrive. */
async function makeRoundTrips(outbound: ReturnType<typeof open>, count: number): Promise<void> {
  const echo = await listen((socket) => socket.write(ok("echo")));
  for (let index = 0; index < count; index++) await outbound.request(toRequest(echo.url));
}

const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-seen: yes\r\n\r\n${body}`;
const chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe("request", () => {
  test("sends method, path, headers and body, and gives status, headers and body back", async () => {
    let sent = "";
    const upstream = await listen((socket, bytes) => {
      sent += bytes.toString();
      if (sent.endsWith("hello")) socket.write(ok("hi"));
    });
    const answer = await open().request(toRequest(upstream.url));
    expect(answer).toMatchObject({ status: 200, headers: { "x-seen": "yes" } });
    expect(answer.body.toString()).toBe("hi");
    expect(sent).toMatch(/^POST \/path\?q=1 HTTP\/1\.1\r\n/);
    expect(sent).toContain("content-type: text/plain\r\n");
  });

  test("keeps connections for the next requests", async () => {
    const upstream = await listen((socket) => socket.write(ok("hi")));
    const outbound = open();
    for (let index = 0; index < 10; index++) await outbound.request(toRequest(upstream.url));
    // A connection is free again one turn of the event loop after its answer, so two take turns.
    expect(upstream.sockets.length).toBeLessThanOrEqual(2);
  });

  test("does not follow a redirect", async () => {
    const upstream = await listen((socket) =>
      socket.write("HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"),
    );
    expect(await open().request(toRequest(upstream.url))).toMatchObject({ status: 307 });
  });

  test("a body over the byte limit ends the request and closes the connection", async () => {
    const upstream = await listen((socket) =>
      socket.write(chunkedHead + chunk("x".repeat(600)) + chunk("x".repeat(600))),
    );
    const request = open().request(toRequest(upstream.url, { maxBytes: 1000 }));
    const socket = await upstream.connection();
    await expect(request).rejects.toMatchObject({ code: "provider_response_too_large" });
    await closing(socket);
  });

  test("a body of exactly the byte limit passes", async () => {
    const upstream = await listen((socket) => socket.write(ok("x".repeat(1000))));
    const answer = await open().request(toRequest(upstream.url, { maxBytes: 1000 }));
    expect(answer.body).toHaveLength(1000);
  });

  test("a server that cannot be reached, or that breaks off, is unavailable, by error code and without its address", async () => {
    const gone = await listen(() => {});
    gone.server.close();
    await expect(open().request(toRequest(gone.url))).rejects.toMatchObject({
      code: "provider_unavailable",
      detail: "The upstream cannot be reached (ECONNREFUSED).",
    });
    const cut = await listen((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () => socket.resetAndDestroy());
    });
    await expect(open().request(toRequest(cut.url))).rejects.toMatchObject({ code: "provider_unavailable" });
    const short = await listen((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    await expect(open().request(toRequest(short.url))).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  test("an answer that is not HTTP, or that is compressed unasked, is a protocol error", async () => {
    const noise = await listen((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    await expect(open().request(toRequest(noise.url))).rejects.toMatchObject({ code: "provider_protocol" });
    const packed = await listen((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx"),
    );
    await expect(open().request(toRequest(packed.url))).rejects.toMatchObject({ code: "provider_protocol" });
  });

  test("a body whose end is the end of the connection is whole", async () => {
    const upstream = await listen((socket) => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it"));
    const answer = await open().request(toRequest(upstream.url));
    expect(answer.body.toString()).toBe("all of it");
  });

  test("the deadline ends a request whose answer does not come, and closes its connection", async () => {
    const upstream = await listen(() => {});
    const request = open().request(toRequest(upstream.url, { deadlineMs: Date.now() + 50 }));
    const socket = await upstream.connection();
    await Promise.all([expect(request).rejects.toMatchObject({ code: "deadline_exceeded" }), closing(socket)]);
  });

  test("more waiting requests than allowed are refused at once", async () => {
    const upstream = await listen(() => {});
    const outbound = open({ connectionsPerOrigin: 1, waitingPerOrigin: 1 });
    const controller = new AbortController();
    const held = [1, 2].map(() => outbound.request(toRequest(upstream.url, { signal: controller.signal })));
    await expect(outbound.request(toRequest(upstream.url))).rejects.toMatchObject({ code: "overloaded" });
    controller.abort();
    for (const request of held) await expect(request).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test("only requests in flight count against the limit", async () => {
    const upstream = await listen((socket) => socket.write(ok("hi")));
    const outbound = open({ connectionsPerOrigin: 1, waitingPerOrigin: 0 });
    for (let index = 0; index < 3; index++) {
      expect(await outbound.request(toRequest(upstream.url))).toMatchObject({ status: 200 });
    }
  });

  test("a request given up while it waits for a connection leaves that connection to the next one", async () => {
    const upstream = await listen(() => {});
    const outbound = open({ connectionsPerOrigin: 1 });
    const first = outbound.request(toRequest(upstream.url));
    const socket = await upstream.connection();
    await once(socket, "data");
    const controller = new AbortController();
    const second = outbound.request(toRequest(upstream.url, { signal: controller.signal }));
    const third = outbound.request(toRequest(upstream.url));
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "request_cancelled" });
    socket.on("data", () => socket.write(ok("next")));
    socket.write(ok("first"));
    expect((await first).body.toString()).toBe("first");
    expect((await third).body.toString()).toBe("next");
    expect(upstream.sockets).toHaveLength(1);
  });
});

describe("aborting closes the connection", () => {
  test("while it is being opened", async () => {
    const upstream = await listen(() => {}, "https");
    const controller = new AbortController();
    const request = open().request(toRequest(upstream.url, { signal: controller.signal }));
    const socket = await upstream.connection();
    await once(socket, "data");
    controller.abort();
    await Promise.all([expect(request).rejects.toMatchObject({ code: "request_cancelled" }), closing(socket)]);
  });

  test("while it waits for the head", async () => {
    const upstream = await listen(() => {});
    const controller = new AbortController();
    const request = open().stream(toRequest(upstream.url, { signal: controller.signal }));
    const socket = await upstream.connection();
    await once(socket, "data");
    controller.abort();
    await Promise.all([expect(request).rejects.toMatchObject({ code: "request_cancelled" }), closing(socket)]);
  });

  test("while the body streams, also when nobody reads", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("x".repeat(300_000))));
    const controller = new AbortController();
    const { body } = await open().stream(toRequest(upstream.url, { signal: controller.signal }));
    controller.abort();
    await closing(upstream.sockets[0]!);
    await expect(body.next()).rejects.toMatchObject({ code: "request_cancelled" });
  });

  test("before the request begins, and then none is opened", async () => {
    const upstream = await listen(() => {});
    await expect(open().request(toRequest(upstream.url, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: "request_cancelled",
    });
    expect(upstream.sockets).toHaveLength(0);
  });
});

describe("stream", () => {
  test("gives the head before the body is there, then the chunks, then the end", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead));
    const { status, body } = await open().stream(toRequest(upstream.url));
    expect(status).toBe(200);
    const first = body.next();
    upstream.sockets[0]!.write(chunk("one"));
    expect((await first)?.toString()).toBe("one");
    upstream.sockets[0]!.write(`${chunk("two")}0\r\n\r\n`);
    expect((await body.collect()).toString()).toBe("two");
    expect(await body.next()).toBeUndefined();
  });

  test("what came before the connection broke is read first", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("half")));
    const outbound = open();
    const { body } = await outbound.stream(toRequest(upstream.url));
    upstream.sockets[0]!.end();
    await makeRoundTrips(outbound, 20);
    expect((await body.next())?.toString()).toBe("half");
    await expect(body.next()).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  test("a body that nobody reads holds the sender back, until it is read", async () => {
    const totalBytes = 32 * 1024 * 1024;
    const upstream = await listen((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${totalBytes}\r\n\r\n`);
      socket.write(Buffer.alloc(totalBytes, "x"));
    });
    const outbound = open();
    const { body } = await outbound.stream(toRequest(upstream.url, { maxBytes: totalBytes }));
    await makeRoundTrips(outbound, 200);
    expect(upstream.sockets[0]!.writableLength).toBeGreaterThan(0);
    expect(await body.collect()).toHaveLength(totalBytes);
  });

  test("a released body that ends leaves its connection for the next request", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("one")));
    const outbound = open();
    const { body } = await outbound.stream(toRequest(upstream.url));
    await body.next();
    body.release();
    upstream.sockets[0]!.write(`${chunk("late")}0\r\n\r\n`);
    await outbound.stream(toRequest(upstream.url));
    expect(upstream.sockets.length).toBeLessThanOrEqual(2);
  });

  test("a reader that waits when its body is released waits no longer", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("one")));
    const { body } = await open().stream(toRequest(upstream.url));
    await body.next();
    const waiting = body.next();
    body.release();
    await expect(waiting).resolves.toBeUndefined();
    await expect(body.next()).resolves.toBeUndefined();
  });

  test("a released body that lingers is cut off after a second of the clock", async () => {
    const timers: { ms: number; callback: () => void }[] = [];
    const after = (ms: number, callback: () => void): (() => void) => {
      timers.push({ ms, callback });
      return () => {};
    };
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("one")));
    const { body } = await open({ clock: { ...systemClock, after } }).stream(toRequest(upstream.url));
    await body.next();
    body.release();
    timers.find(({ ms }) => ms === 1000)!.callback();
    await expect(closing(upstream.sockets[0]!)).resolves.toBeUndefined();
  });

  test("cancel closes the connection", async () => {
    const upstream = await listen((socket) => socket.write(chunkedHead + chunk("one")));
    const { body } = await open().stream(toRequest(upstream.url));
    body.cancel();
    await expect(closing(upstream.sockets[0]!)).resolves.toBeUndefined();
  });
});
