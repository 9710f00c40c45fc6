import { HeadgateError } from "../errors.ts";
import { createApp } from "./app.ts";
import type { App } from "./app.ts";
import { isLoopbackAddress } from "./require-loopback.ts";
import type { ServerDependencies } from "./server-dependencies.ts";

interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

interface CloseOptions {
  /** How long requests at work may take to finish, streams included, before their sockets are cut, in milliseconds. */
  readonly drainMs: number;
}

export interface Server {
  /** @throws HeadgateError `address_in_use`, `server_open` */
  listen(options: ListenOptions): Promise<{ readonly url: string }>;
  /** Lets the requests at work finish and refuses new ones with 503. Safe to call twice. */
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
        await app.http.listen({ host, port });
      } catch (error) {
        throw toListenError(error, { host, port });
      }
      return { url: toUrl(host, app) };
    },
    close({ drainMs }) {
      closing ??= drain(app, drainMs);
      return closing;
    },
  };
}

async function drain({ http, context }: App, drainMs: number): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const cancelTimer = context.clock.after(drainMs, deadline.resolve);
  await Promise.race([context.traffic.drain(), deadline.promise]);
  cancelTimer();
  context.keys.close();
  await http.close();
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
