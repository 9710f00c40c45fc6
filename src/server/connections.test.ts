import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Gateway } from "../gateway.ts";
import { createFixture, summaryReply } from "./server-fixture.ts";
import type { ServerLimits } from "./server-dependencies.ts";
import { createServer } from "./server.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(callEndpoint: Gateway["callEndpoint"], limits: ServerLimits): Promise<string> {
  const server = createServer(createFixture({ callEndpoint }, { limits }).dependencies);
  closers.push(() => server.close({ drainMs: 0 }));
  return (await server.listen({ host: "127.0.0.1", port: 0 })).url;
}

function openSocket(url: string): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  closers.push(async () => void socket.destroy());
  return socket;
}

const head = "POST /api/summarize/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

test("a client that takes nothing of a whole answer is cut off", async () => {
  const url = await start(async () => summaryReply("x".repeat(20_000_000)), { stalledReaderMs: 50 });
  const socket = openSocket(url);
  socket.pause();
  socket.write(`${head}Content-Length: 2\r\n\r\n{}`);
  await once(socket, "readable");
  // Not read: what the system holds for it is far less than the answer.
  while ((await status(url)).inFlight > 0) await once(closed(url), "close");
  let length = 0;
  socket.on("data", (chunk: Buffer) => (length += chunk.length)).resume();
  await once(socket, "close");
  expect(length).toBeLessThan(20_000_000);
});

/** A connection that the server cuts when its time has passed once more. */
function closed(url: string): Socket {
  return openSocket(url).resume();
}

async function status(url: string): Promise<{ inFlight: number }> {
  const response = await fetch(`${url}/admin/v1/status`);
  const { inFlight } = (await response.json()) as { inFlight: number };
  return { inFlight: inFlight - 1 };
}

test("a client that waits long for its answer is not", async () => {
  const finish = Promise.withResolvers<void>();
  const url = await start(
    async () => {
      await finish.promise;
      return summaryReply("Short.");
    },
    { stalledReaderMs: 30 },
  );
  const socket = openSocket(url);
  socket.write(`${head}Content-Length: 2\r\n\r\n{}`);
  for (let times = 0; times < 3; times++) await once(closed(url), "close");
  finish.resolve();
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain("Short.");
});

test("connections above their limit are closed at once", async () => {
  const url = await start(async () => summaryReply("Short."), { maxConnections: 1 });
  const first = openSocket(url);
  await once(first, "connect");
  const second = openSocket(url).resume();
  await once(second, "close");
  first.write(`${head}Content-Length: 2\r\n\r\n{}`);
  const [answer] = (await once(first, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
});

test("bodies that arrive slowly take no place, and bytes above the limit of all bodies are refused", async () => {
  const url = await start(async () => summaryReply("Short."), { maxInFlight: 1, maxBodyBytesInFlight: 50_000 });
  const slow = Array.from({ length: 5 }, () => openSocket(url));
  for (const socket of slow) socket.write(`${head}Content-Length: 40000\r\n\r\n{`);
  const honest = openSocket(url);
  honest.write(`${head}Content-Length: 2\r\n\r\n{}`);
  const [answer] = (await once(honest, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);

  const [first, second] = slow as [Socket, Socket];
  let text = "";
  for (const socket of [first, second])
    socket
      .setEncoding("utf8")
      .on("data", (chunk: string) => (text += chunk))
      .write(" ".repeat(39_000));
  while (!text.includes("retryAfterMs")) await Promise.race([once(first, "data"), once(second, "data")]);
  expect(text).toMatch(/^HTTP\/1.1 503 .*"code":"overloaded"/s);
});

test("a body that nobody reads, since its request was refused, and that is one too many harms nobody", async () => {
  const url = await start(async () => summaryReply("Short."), { maxBodyBytesInFlight: 50_000 });
  const slow = openSocket(url);
  await new Promise((resolve) => slow.write(`${head}Content-Length: 45000\r\n\r\n${" ".repeat(40_000)}`, resolve));
  await fetch(`${url}/livez`);
  const socket = openSocket(url).setEncoding("utf8");
  const chunk = `3a98\r\n${" ".repeat(15_000)}\r\n`;
  socket.write(
    `${head.replace("application/json", "text/plain")}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(10)}`,
  );
  const [answer] = (await once(socket, "data")) as [string];
  expect(answer).toMatch(/^HTTP\/1.1 415 /);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

test("an overloaded server refuses before the body, and the connection lives on", async () => {
  const begun = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const url = await start(
    async () => {
      begun.resolve();
      await finish.promise;
      return summaryReply("Short.");
    },
    { maxInFlight: 1 },
  );
  const busy = openSocket(url);
  busy.write(`${head}Content-Length: 2\r\n\r\n{}`);
  await begun.promise;
  const socket = openSocket(url).setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk: string) => (text += chunk));
  socket.write(`${head}Content-Length: 30000\r\n\r\n{`);
  while (!text.includes("retryAfterMs")) await once(socket, "data");
  expect(text).toMatch(/^HTTP\/1.1 503 .*retry-after: 1\r\n.*Connection: keep-alive/is);
  socket.write(`${" ".repeat(29_998)}}GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  while (!text.includes('"live"')) await once(socket, "data");
  finish.resolve();
  await once(busy, "data");
});
