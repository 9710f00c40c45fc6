import { connect, type Socket } from "node:net";
import type { TcpTarget } from "./half-open-proxy.ts";
import { openListener } from "./listener.ts";

/** A plain TCP load balancer: targets in turn, the next one where a connection fails. It knows nothing of HTTP or health. */
export interface TcpBalancer {
  readonly port: number;
  /** For new connections; those that are open stay where they are. */
  setTargets(targets: readonly TcpTarget[]): void;
  /** Connections that no target took. */
  readonly refusedConnections: number;
  close(): Promise<void>;
}

export interface TcpBalancerOptions {
  readonly targets: readonly TcpTarget[];
  /** @default a free port */
  readonly port?: number;
  /** How long a target may take to accept. @default 1000 */
  readonly connectTimeoutMs?: number;
}

/** Listens on 127.0.0.1 only. */
export async function createTcpBalancer(options: TcpBalancerOptions): Promise<TcpBalancer> {
  const { connectTimeoutMs = 1000 } = options;
  const servers = new Set<Socket>();
  let targets = options.targets;
  let turn = 0;
  let refused = 0;

  async function balance(client: Socket): Promise<void> {
    client.pause();
    const first = turn++;
    const order = targets.map((_target, index) => targets[(first + index) % targets.length]!);
    for (const target of order) {
      const server = await connectTo(target, connectTimeoutMs);
      if (!server) continue;
      servers.add(server);
      server.once("close", () => servers.delete(server));
      join(client, server);
      return;
    }
    refused++;
    client.resetAndDestroy();
  }

  const listener = await openListener((client) => void balance(client), options);
  return {
    port: listener.port,
    setTargets: (next) => {
      targets = next;
    },
    get refusedConnections() {
      return refused;
    },
    close: async () => {
      for (const server of servers) server.destroy();
      await listener.close();
    },
  };
}

function connectTo({ host = "127.0.0.1", port }: TcpTarget, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, timeout: timeoutMs });
    const fail = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", fail);
    socket.once("timeout", fail);
    socket.once("connect", () => {
      socket.off("timeout", fail);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

function join(client: Socket, server: Socket): void {
  // How one side goes is told to the other: a FIN as a FIN, a reset as a reset.
  server.on("error", () => client.resetAndDestroy());
  client.on("error", () => server.resetAndDestroy());
  server.once("close", () => client.destroySoon());
  client.once("close", () => server.destroySoon());
  if (client.destroyed) {
    server.destroy();
    return;
  }
  client.pipe(server);
  server.pipe(client);
}
