import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Spreads connections over servers, and knows nothing of what they carry: no health checks, no retries of requests. */
export interface TcpBalancer {
  readonly port: number;
  /** Connections that each target has taken, in the order of the targets. */
  readonly taken: readonly number[];
  /** Connections that no target took. */
  readonly refused: number;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export interface TcpBalancerOptions {
  /** Ports on 127.0.0.1; each connection goes to the next, or to the one after it where it is refused. */
  readonly targets: readonly number[];
  /** How long a target may take to accept, in milliseconds. @default 2000 */
  readonly connectTimeoutMs?: number;
}

/** Listens on a free port of 127.0.0.1. What one side ends or resets, it ends or resets at the other. */
export async function createTcpBalancer({
  targets,
  connectTimeoutMs = 2000,
}: TcpBalancerOptions): Promise<TcpBalancer> {
  const sockets = new Set<Socket>();
  const taken = targets.map(() => 0);
  let refused = 0;
  let turn = 0;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  }

  async function serve(client: Socket): Promise<void> {
    keep(client);
    client.on("error", () => {});
    const first = turn++;
    for (let step = 0; step < targets.length && !client.destroyed; step++) {
      const at = (first + step) % targets.length;
      const target = await tryConnect(targets[at]!, connectTimeoutMs);
      if (!target) continue;
      taken[at]!++;
      keep(target);
      join(client, target);
      return;
    }
    if (!client.destroyed) refused++;
    client.resetAndDestroy();
  }

  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    void serve(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    get refused() {
      return refused;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Undefined if nobody listens, or accepts in time. */
function tryConnect(port: number, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    const settle = (taken: Socket | undefined): void => {
      socket.setTimeout(0);
      if (!taken) socket.destroy();
      resolve(taken);
    };
    socket.on("error", () => settle(undefined));
    socket.setTimeout(timeoutMs, () => settle(undefined));
    socket.once("connect", () => settle(socket));
  });
}

function join(client: Socket, target: Socket): void {
  for (const [from, to] of [
    [client, target],
    [target, client],
  ] as const) {
    from.once("error", () => to.resetAndDestroy());
    // An end is passed on after the bytes before it; a socket that closed without one has nothing more to take.
    from.once("close", () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
  if (client.destroyed) target.destroy();
}
