import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHalfOpenProxy, type HalfOpenProxy } from "./half-open-proxy.ts";
import { openListener, type Listener } from "./listener.ts";
import { holdRefusingPort } from "./refusing-port.ts";
import { createTcpBalancer } from "./tcp-balancer.ts";

const opened: { close(): Promise<void> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((closable) => closable.close()));
});

function keep<T extends { close(): Promise<void> }>(closable: T): T {
  opened.push(closable);
  return closable;
}

/** A server that says its name first, and then says everything back. */
async function openEcho(name: string): Promise<Listener> {
  return keep(
    await openListener((socket) => {
      socket.write(name);
      socket.pipe(socket);
    }),
  );
}

function dial(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

async function next(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, "data")) as [Buffer];
  return bytes.toString();
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function openProxy(): Promise<{ proxy: HalfOpenProxy; echo: Listener }> {
  const echo = await openEcho("hello");
  return { proxy: keep(await createHalfOpenProxy({ target: { port: echo.port } })), echo };
}

test("a proxy forwards, both ways and to the end", async () => {
  const { proxy } = await openProxy();
  const socket = dial(proxy.port);
  expect(await next(socket)).toBe("hello");
  socket.write("one");
  expect(await next(socket)).toBe("one");
  socket.end("two");
  expect(await next(socket)).toBe("two");
  await once(socket, "end");
});

test("a dead network says nothing, not even goodbye, and what was held back comes when it heals", async () => {
  const { proxy, echo } = await openProxy();
  const old = dial(proxy.port);
  expect(await next(old)).toBe("hello");
  proxy.blackhole();
  const fresh = dial(proxy.port);
  await once(fresh, "connect");
  old.write("late");
  // The server ends its side: of that too, the client hears nothing.
  for (const socket of echo.sockets) socket.end();
  let heard = "";
  for (const socket of [old, fresh])
    socket.on("data", (bytes) => (heard += bytes.toString())).on("close", () => (heard += "closed"));
  // What is refused elsewhere has made its way through the loop by now.
  const refused = dial(keep(await holdRefusingPort()).port);
  await closed(refused);
  expect(heard).toBe("");
  expect(proxy.openConnections).toBe(2);
  const greeted = next(fresh);
  const ended = once(old, "end");
  proxy.heal();
  expect(await greeted).toBe("hello");
  await ended;
});

test("of a side that resets while the network is dead, the other one hears when it heals", async () => {
  const { proxy, echo } = await openProxy();
  const [first, second] = [dial(proxy.port), dial(proxy.port)];
  await Promise.all([next(first), next(second)]);
  const [, server] = [...echo.sockets];
  proxy.blackhole();
  // The server's end of the second connection, and the client's end of the first.
  server!.resetAndDestroy();
  first.resetAndDestroy();
  let heard = "";
  second.on("error", () => (heard += "reset")).on("end", () => (heard += "end"));
  await closed(dial(keep(await holdRefusingPort()).port));
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toBe("");
  expect(echo.sockets.size).toBe(1);
  const [left] = [...echo.sockets];
  const gone = Promise.all([closed(second), closed(left!)]);
  proxy.heal();
  await gone;
  expect(heard).toBe("reset");
});

test("a proxy can drop all connections", async () => {
  const { proxy } = await openProxy();
  const socket = dial(proxy.port);
  await next(socket);
  const failed = once(socket, "error").then(([error]) => (error as NodeJS.ErrnoException).code);
  proxy.drop();
  expect(await failed).toBe("ECONNRESET");
});

test("a balancer takes targets in turn, passes over those that refuse, and can be told of others", async () => {
  const [one, two, three] = [await openEcho("1"), await openEcho("2"), await openEcho("3")];
  const refusing = keep(await holdRefusingPort());
  const balancer = keep(await createTcpBalancer({ targets: [one, refusing, two].map(({ port }) => ({ port })) }));
  const first = dial(balancer.port);
  const greetings = [await next(first)];
  for (let count = 0; count < 3; count++) greetings.push(await next(dial(balancer.port)));
  expect(greetings).toEqual(["1", "2", "2", "1"]);
  balancer.setTargets([{ port: three.port }]);
  expect(await next(dial(balancer.port))).toBe("3");
  first.write("still here");
  expect(await next(first)).toBe("still here");
  balancer.setTargets([{ port: refusing.port }]);
  const refused = dial(balancer.port);
  await closed(refused);
  expect(balancer.refusedConnections).toBe(1);
});

test("a balancer tells one side how the other went", async () => {
  const echo = await openEcho("1");
  const balancer = keep(await createTcpBalancer({ targets: [{ port: echo.port }] }));
  const reset = dial(balancer.port);
  await next(reset);
  const failed = once(reset, "error").then(([error]) => (error as NodeJS.ErrnoException).code);
  for (const socket of echo.sockets) socket.resetAndDestroy();
  expect(await failed).toBe("ECONNRESET");
  const ended = dial(balancer.port);
  await next(ended);
  for (const socket of echo.sockets) socket.end("bye");
  expect(await next(ended)).toBe("bye");
  await once(ended, "end");
});
