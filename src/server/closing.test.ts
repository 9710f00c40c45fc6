import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import type { Caller, Gateway } from "../gateway.ts";
import type { Part } from "../reply.ts";
import { createFixture, streamReply, summaryReply } from "./server-fixture.ts";
import type { ServerDependencies } from "./server-dependencies.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(
  gateway: Partial<Gateway>,
  overrides: Partial<ServerDependencies> = {},
): Promise<{ server: Server; url: string }> {
  const server = createServer(createFixture(gateway, overrides).dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  const { url } = await server.listen({ host: "127.0.0.1", port: 0 });
  return { server, url };
}

function openSocket(url: string): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  closers.push(async () => void socket.destroy());
  return socket;
}

function toRequestBytes(accept: string): string {
  return `POST /api/summarize/v1 HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
}

function post(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/summarize/v1`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: "{}",
  });
}

/** A call that the test can see begin and end at will. */
function createHeldCall(): { gateway: Partial<Gateway>; begun: Promise<Caller>; finish: () => void } {
  const begun = Promise.withResolvers<Caller>();
  const held = Promise.withResolvers<void>();
  const gateway: Partial<Gateway> = {
    callEndpoint: async (caller) => {
      begun.resolve(caller);
      await held.promise;
      return summaryReply("Short.");
    },
  };
  return { gateway, begun: begun.promise, finish: held.resolve };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

async function isReachable(url: string): Promise<boolean> {
  const socket = openSocket(url);
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("close", () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}

/** A clock whose timers of these lengths run out when the test says so, and no others do. */
function createHeldClock(...lengthsMs: readonly number[]): { clock: Clock; pass: (ms: number) => void } {
  const held = new Map<number, () => void>();
  const after: Clock["after"] = (ms, callback) => {
    if (lengthsMs.includes(ms)) held.set(ms, callback);
    return () => {};
  };
  return { clock: { ...systemClock, after }, pass: (ms) => held.get(ms)?.() };
}

async function readAnswer(socket: Socket, end: string): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  while (!text.includes(end)) await once(socket, "data");
  return text;
}

async function connected(socket: Socket): Promise<Socket> {
  await once(socket, "connect");
  return socket;
}

describe("closing", () => {
  test("lets calls at work finish, refuses connections, and answers 503 on those that are open", async () => {
    const { gateway, begun, finish } = createHeldCall();
    const { server, url } = await start(gateway);
    const answer = post(url);
    await begun;
    const [late, health] = await Promise.all([connected(openSocket(url)), connected(openSocket(url))]);
    await (await fetch(`${url}/livez`)).text();
    const closed = server.close({ drainMs: 60_000 });

    await expect(fetch(`${url}/livez`)).rejects.toThrow("fetch failed");
    health.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const unready = await readAnswer(health, "}");
    expect(unready).toMatch(/^HTTP\/1.1 503 .*Connection: close.*"status":"unavailable","draining":true/is);
    late.write(toRequestBytes("application/json"));
    const refused = await readAnswer(late, "retryAfterMs");
    expect(refused).toMatch(/^HTTP\/1.1 503 .*retry-after: 1\r\n.*Connection: close\r\n.*"code":"shutting_down"/is);

    finish();
    const response = await answer;
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.json()).toMatchObject({ summary: "Short." });
    await closed;
  });

  test("goes on for the lame duck, unready, and lets go of each connection with its answer", async () => {
    const { clock, pass } = createHeldClock(1234, 500);
    const { server, url } = await start({ callEndpoint: async () => summaryReply("Short.") }, { clock });
    const kept = openSocket(url);
    kept.write(toRequestBytes("application/json"));
    expect(await readAnswer(kept, "Short.")).toMatch(/Connection: keep-alive/i);
    const [late, idle] = await Promise.all([connected(openSocket(url)), connected(openSocket(url))]);
    idle.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await readAnswer(idle, "live");
    const closed = server.close({ drainMs: 60_000, lameDuckMs: 1234 });

    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "unavailable", draining: true });
    const fresh = await post(url);
    expect(fresh.status).toBe(200);
    expect(fresh.headers.get("connection")).toBe("close");
    await fresh.text();
    const ended = once(kept, "end");
    kept.write(toRequestBytes("application/json"));
    expect(await readAnswer(kept, "Short.")).toMatch(/^HTTP\/1.1 200 .*Connection: close/is);
    await ended;

    pass(1234);
    while (await isReachable(url)) await setImmediate();
    late.write(toRequestBytes("application/json"));
    expect(await readAnswer(late, "Short.")).toMatch(/^HTTP\/1.1 200 /);
    expect(idle.readableEnded).toBe(false);
    pass(500);
    await Promise.all([idle.readableEnded || once(idle, "end"), closed]);
  });

  test("answers what came just before it lets go of idle connections", async () => {
    const { clock, pass } = createHeldClock(1234, 500);
    const { server, url } = await start({ callEndpoint: async () => summaryReply("Short.") }, { clock });
    const kept = openSocket(url);
    kept.write(toRequestBytes("application/json"));
    await readAnswer(kept, "Short.");
    const closed = server.close({ drainMs: 60_000, lameDuckMs: 1234 });
    pass(1234);
    while (await isReachable(url)) await setImmediate();
    kept.write(toRequestBytes("application/json"));
    pass(500);
    expect(await readAnswer(kept, "Short.")).toMatch(/^HTTP\/1.1 200 .*Connection: close/is);
    await closed;
  });

  test("at the end of the drain ends calls and streams with what they say then, and only then the sockets", async () => {
    const { clock, pass } = createHeldClock(4321);
    const ending = new AbortController();
    const begun = Promise.withResolvers<void>();
    const { server, url } = await start(
      {
        callEndpoint: async ({ stream }) => {
          if (!stream) {
            begun.resolve();
            return rejectOnAbort(ending.signal);
          }
          return streamReply(
            (async function* (): AsyncGenerator<Part> {
              yield { type: "delta", path: "/summary", append: "Short." };
              yield await rejectOnAbort(ending.signal);
            })(),
          );
        },
      },
      { clock },
    );
    const whole = post(url);
    const streamed = await post(url, { accept: "text/event-stream" });
    await begun.promise;
    const closed = server.close({
      drainMs: 4321,
      endCalls: async () => ending.abort(new HeadgateError("shutting_down")),
    });
    pass(4321);
    expect(await streamed.text()).toMatch(/event: error\ndata: .*"code":"shutting_down".*\n\n$/);
    expect((await whole).status).toBe(503);
    expect(await (await whole).json()).toMatchObject({ code: "shutting_down", retryable: true });
    await closed;
  });

  test("does not cut an answer that has ended and is not yet read", async () => {
    const { server, url } = await start({ callEndpoint: async () => summaryReply("x".repeat(20_000_000)) });
    const socket = openSocket(url);
    socket.pause();
    socket.write(toRequestBytes("application/json"));
    await once(socket, "readable");
    const closed = server.close({ drainMs: 60_000 });
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    let length = 0;
    socket.on("data", (chunk: Buffer) => (length += chunk.length)).resume();
    await once(socket, "end");
    expect(length).toBeGreaterThan(20_000_000);
    await closed;
  });

  test("lets a stream at work finish", async () => {
    const finish = Promise.withResolvers<void>();
    const { server, url } = await start({
      callEndpoint: async () =>
        streamReply(
          (async function* (): AsyncGenerator<Part> {
            yield { type: "delta", path: "/summary", append: "Short." };
            await finish.promise;
            yield {
              type: "finish",
              reason: "stop",
              outcome: { status: "ok", output: { summary: "Short." }, warnings: [] },
            };
          })(),
        ),
    });
    const response = await post(url, { accept: "text/event-stream" });
    const closed = server.close({ drainMs: 60_000 });
    finish.resolve();
    expect(await response.text()).toContain("event: done");
    await closed;
  });

  test("cuts what is still at work at the end of the drain, and cancels its call", async () => {
    const { gateway, begun } = createHeldCall();
    const { clock, pass } = createHeldClock(4321);
    const { server, url } = await start(gateway, { clock });
    const answer = post(url).catch((error: unknown) => error);
    const { signal } = await begun;
    const closed = server.close({ drainMs: 4321 });
    expect(signal.aborted).toBe(false);
    pass(4321);
    await closed;
    expect(await answer).toBeInstanceOf(TypeError);
    expect(signal.aborted).toBe(true);
  });

  test("ends idle connections at once, and can be asked for twice", async () => {
    const { server, url } = await start({});
    const socket = openSocket(url);
    socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "data");
    const gone = once(socket, "close");
    await Promise.all([server.close({ drainMs: 60_000 }), server.close({ drainMs: 60_000 })]);
    await gone;
    expect(socket.destroyed).toBe(true);
  });
});
