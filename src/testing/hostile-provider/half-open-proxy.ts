import { connect, type Socket } from "node:net";
import { openListener } from "./listener.ts";

export interface TcpTarget {
  /** @default "127.0.0.1" */
  readonly host?: string;
  readonly port: number;
}

/** A TCP proxy whose network can die without a word, as when a cable is pulled or a firewall forgets. */
export interface HalfOpenProxy {
  readonly port: number;
  /** Connections that are held open to clients. */
  readonly openConnections: number;
  /** Forwards nothing any more, in neither direction, no FIN and no RST; takes new connections, and leaves them silent. */
  blackhole(): void;
  /** Forwards again, with what was held back first. */
  heal(): void;
  /** Resets all connections, both sides. */
  drop(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  /** Undefined until there is a network to connect by. */
  server: Socket | undefined;
}

/** Listens on 127.0.0.1 only. @param options.port @default a free port */
export async function createHalfOpenProxy(options: {
  readonly target: TcpTarget;
  readonly port?: number;
}): Promise<HalfOpenProxy> {
  const pairs = new Set<Pair>();
  let isDead = false;

  const listener = await openListener((client) => {
    const pair: Pair = { client, server: undefined };
    pairs.add(pair);
    client.pause();
    client.once("close", () => {
      pairs.delete(pair);
      // A client's reset is told to the server, unless there is no network to tell it by.
      if (!isDead) pair.server?.destroy();
    });
    if (!isDead) join(pair, options.target);
  }, options);

  return {
    port: listener.port,
    get openConnections() {
      return pairs.size;
    },
    blackhole: () => {
      isDead = true;
      for (const pair of pairs) part(pair);
    },
    heal: () => {
      isDead = false;
      for (const pair of pairs) join(pair, options.target);
    },
    drop: () => {
      for (const { client, server } of pairs) {
        client.resetAndDestroy();
        server?.resetAndDestroy();
      }
    },
    close: async () => {
      for (const { server } of pairs) server?.destroy();
      await listener.close();
    },
  };
}

function join(pair: Pair, { host = "127.0.0.1", port }: TcpTarget): void {
  const { client } = pair;
  if (!pair.server) {
    pair.server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    pair.server.on("error", () => client.destroy());
    pair.server.once("close", () => client.destroy());
  }
  client.pipe(pair.server);
  pair.server.pipe(client);
}

function part({ client, server }: Pair): void {
  if (server) {
    client.unpipe(server);
    server.unpipe(client);
  }
  client.pause();
  server?.pause();
}
