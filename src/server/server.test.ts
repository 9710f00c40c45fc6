import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { Part } from "../reply.ts";
import type { Caller, Gateway } from "../gateway.ts";
import { createFixture, streamReply, summaryReply } from "./server-fixture.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

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

function toRequestBytes(accept: string, path = "/api/summarize/v1"): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
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

describe("listening", () => {
  test("a taken port is reported with what to do", async () => {
    const taken = createTcpServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    closers.push(async () => void taken.close());
    const server = createServer(createFixture().dependencies);
    closers.push(() => server.close({ drainMs: 0 }));
    const { port } = taken.address() as AddressInfo;
    await expect(server.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "address_in_use",
      detail: expect.stringMatching(new RegExp(`Port ${port} .* --port`)) as string,
    });
  });

  test("a server without keys refuses to listen where others can reach it", async () => {
    const server = createServer(createFixture({}, { auth: "open" }).dependencies);
    closers.push(() => server.close({ drainMs: 0 }));
    await expect(server.listen({ host: "0.0.0.0", port: 0 })).rejects.toMatchObject({ code: "server_open" });
  });
});

describe("when the client goes away the call is cancelled", () => {
  test("while it waits for a whole answer", async () => {
    const { gateway, begun } = createHeldCall();
    const { url } = await start(gateway);
    const socket = openSocket(url);
    socket.write(toRequestBytes("application/json"));
    const { signal } = await begun;
    expect(signal.aborted).toBe(false);
    socket.destroy();
    await once(signal, "abort");
    expect(signal.reason).toMatchObject({ code: "request_cancelled" });
  });

  test("while it waits for the first part of a stream", async () => {
    const begun = Promise.withResolvers<Caller>();
    const { url } = await start({
      callEndpoint: async (caller) => {
        begun.resolve(caller);
        return streamReply(
          (async function* (): AsyncGenerator<Part> {
            yield await rejectOnAbort(caller.signal);
          })(),
        );
      },
    });
    const socket = openSocket(url);
    socket.write(toRequestBytes("text/event-stream"));
    const { signal } = await begun.promise;
    socket.destroy();
    await once(signal, "abort");
    expect(signal.reason).toMatchObject({ code: "request_cancelled" });
  });

  test("in the middle of a stream, and the stream is closed", async () => {
    const closed = Promise.withResolvers<AbortSignal>();
    const { url } = await start({
      callEndpoint: async ({ signal }) =>
        streamReply(
          (async function* (): AsyncGenerator<Part> {
            try {
              for (;;) {
                yield { type: "delta", path: "/summary", append: "word " };
                await setImmediate();
              }
            } finally {
              closed.resolve(signal);
            }
          })(),
        ),
    });
    const socket = openSocket(url);
    socket.write(toRequestBytes("text/event-stream"));
    await once(socket, "data");
    socket.destroy();
    expect((await closed.promise).aborted).toBe(true);
  });

  test("but not when it has its answer", async () => {
    const callers: Caller[] = [];
    const { server, url } = await start({
      callEndpoint: async (caller) => {
        callers.push(caller);
        return summaryReply("Short.");
      },
    });
    await (await post(url)).json();
    await server.close({ drainMs: 1000 });
    expect(callers[0]?.signal.aborted).toBe(false);
  });
});

test("above its limit of calls at work the server sheds load and says when to come back", async () => {
  const { gateway, begun, finish } = createHeldCall();
  const { url } = await start(gateway, { limits: { maxInFlight: 1 } });
  const first = post(url);
  await begun;
  const second = await post(url);
  expect(second.status).toBe(503);
  expect(second.headers.get("retry-after")).toBe("1");
  expect(await second.json()).toMatchObject({ code: "overloaded" });
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  finish();
  expect((await first).status).toBe(200);
  expect((await post(url)).status).toBe(200);
});

test("requests sent in one burst on one connection are answered in order", async () => {
  const { url } = await start({
    callEndpoint: async ({ requestId, stream }) => {
      if (stream) await setImmediate();
      return summaryReply(requestId);
    },
  });
  const socket = openSocket(url);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.write(toRequestBytes("application/json").repeat(3));
  while (text.split('"status":"ok"').length < 4) await once(socket, "data");
  expect(text.split("HTTP/1.1 200 OK")).toHaveLength(4);
});

test("HEAD of a page has its headers and no body", async () => {
  const { url } = await start({});
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(`${url}/openapi.json`, { method: "HEAD" }, resolve).on("error", reject).end();
  });
  let body = "";
  for await (const chunk of response) body += String(chunk);
  expect(response.statusCode).toBe(200);
  expect(Number(response.headers["content-length"])).toBeGreaterThan(1000);
  expect(body).toBe("");
});

test("bodies that are too much together are refused before they are read, and one alone is not", async () => {
  const { gateway, begun, finish } = createHeldCall();
  const { url } = await start(gateway, { limits: { maxBodyBytesInFlight: 1 } });
  const first = post(url);
  await begun;
  const second = await post(url);
  expect(second.status).toBe(503);
  expect(await second.json()).toMatchObject({ code: "overloaded" });
  finish();
  expect((await first).status).toBe(200);
  expect((await post(url)).status).toBe(200);
});
