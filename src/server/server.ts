import { Server as TcpServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import { createApp } from "./app.ts";
import type { App } from "./app.ts";
import type { Connections } from "./connections.ts";
import { isLoopbackAddress } from "./require-loopback.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

interface CloseOptions {
  /** How long requests at work may take to finish, streams included, from the begin of closing, in milliseconds. */
  readonly drainMs: number;
  /**
   * How long the server goes on as before while `/readyz` is red, so that balancers turn away from it and clients leave
   * their connections, in milliseconds. Part of `drainMs`. @default 0
   */
  readonly lameDuckMs?: number;
  /** Ends what is at work at the end of the drain, so that clients are told before their sockets are cut. */
  readonly endCalls?: (timeoutMs: number) => Promise<void>;
}

export interface Server {
  /** @throws HeadgateError `address_in_use`, `server_open` */
  listen(options: ListenOptions): Promise<{ readonly url: string }>;
  /** Lets the requests at work finish, and lets nobody else in. Safe to call twice. */
  close(options: CloseOptions): Promise<void>;
}

/** Headgate's HTTP side. Nothing runs but the refreshing of keys until `listen`; `close` ends both. */
export function createServer(dependencies: ServerDependencies): Server {
  const app = createApp(dependencies);
  let closing: Promise<void> | undefined;

  return {
    async listen({ host, port }) {
      if (dependencies.auth === "open" && !isLoopbackAddress(host))
        throw new HeadgateError("server_open", {
          detail: `Without keys anyone who reaches ${host} could call every endpoint. Listen on 127.0.0.1, or turn keys on.`,
        });
      try {
        // By this name the framework opens a second server that nobody else knows of.
        await app.http.listen({ host: host === "localhost" ? "127.0.0.1" : host, port, backlog: mostWaiting });
      } catch (error) {
        throw toListenError(error, { host, port });
      }
      return { url: toUrl(host, app) };
    },
    close(options) {
      closing ??= drain(app, options);
      return closing;
    },
  };
}

// What was sent to a server that balancers took for ready a moment ago is still on its way.
const settleMs = 500;

/** Connections that may wait to be taken in: a burst of them fills the default of 511, and then waits a second. */
const mostWaiting = 4096;

// For error events and answers to leave, once the calls at work are ended.
const farewellMs = 2000;

async function drain({ http, context, connections }: App, options: CloseOptions): Promise<void> {
  const { clock, traffic, keys, guard, idempotency } = context;
  const { drainMs, lameDuckMs = 0, endCalls } = options;
  const deadline = startTimer(clock, drainMs);
  traffic.depart();
  if (lameDuckMs > 0) {
    await Promise.race([startTimer(clock, lameDuckMs).passed, deadline.passed]);
    await takeInWaiting(connections);
    stopListening(http);
    await Promise.race([startTimer(clock, settleMs).passed, deadline.passed]);
  } else stopListening(http);
  await readWaiting();
  traffic.refuse();
  connections.retire();
  const idle = Promise.all([traffic.untilIdle(), idempotency.untilIdle()]).then(() => true);
  const isIdle = await Promise.race([idle, deadline.passed]);
  deadline.cancel();
  if (isIdle !== true && endCalls) {
    const farewell = startTimer(clock, farewellMs);
    void endCalls(farewellMs);
    await Promise.race([idle, farewell.passed]);
    farewell.cancel();
  }
  keys.close();
  guard.close();
  idempotency.close();
  await http.close();
}

// A listener that closes resets the connections that wait to be taken in, and the loop takes in one a turn.
async function takeInWaiting(connections: Connections): Promise<void> {
  let taken = -1;
  for (let turn = 0; turn < mostWaiting && taken !== connections.taken; turn++) {
    ({ taken } = connections);
    await setImmediate();
  }
}

// A socket that closes with a request unread is reset, and a loop that is late has many unread. Two turns, since the first
// may have looked for them before.
async function readWaiting(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

function startTimer(clock: Clock, ms: number): { readonly passed: Promise<void>; readonly cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, cancel: clock.after(ms, resolve) };
}

// Only that: the HTTP server's own `close` also cuts answers that have ended and are not yet out. Balancers try the next
// server when a connection is refused, and the next process can have the port.
function stopListening({ server }: FastifyInstance): void {
  if (server.listening) TcpServer.prototype.close.call(server);
}

function toUrl(host: string, { http }: App): string {
  const address = http.server.address();
  if (address === null || typeof address === "string") throw new HeadgateError("internal");
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}

function toListenError(error: unknown, { host, port }: ListenOptions): HeadgateError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return new HeadgateError("address_in_use", {
      detail: `Port ${port} on ${host} is taken. Stop the process that has it, or choose another port with --port or PORT.`,
      cause: error,
    });
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
    return new HeadgateError("config_invalid", {
      detail: `Cannot listen on ${host}, port ${port} (${code}). Choose another --host or --port.`,
      cause: error,
    });
  return HeadgateError.from(error);
}
