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

  // How one side goes is told to the other, unless there is no network to tell it by; then when it heals.
  function tell(pair: Pair): void {
    if (isDead) return;
    const { client, server } = pair;
    if (client.destroyed) {
      if (server) leave(server, client);
      pairs.delete(pair);
    } else if (server?.destroyed) leave(client, server);
  }
  function join(pair: Pair): void {
    tell(pair);
    if (pair.client.destroyed) return;
    pair.server ??= connectTo(options.target, () => tell(pair));
    pair.client.pipe(pair.server);
    pair.server.pipe(pair.client);
  }

  const listener = await openListener((client) => {
    const pair: Pair = { client, server: undefined };
    pairs.add(pair);
    client.pause();
    client.once("close", () => tell(pair));
    if (!isDead) join(pair);
  }, options);

  return {
    port: listener.port,
    get openConnections() {
      return listener.sockets.size;
    },
    blackhole: () => {
      isDead = true;
      for (const pair of pairs) part(pair);
    },
    heal: () => {
      isDead = false;
      for (const pair of pairs) join(pair);
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

/** Ends one side as the other one ended: in good order, or by a reset. */
function leave(socket: Socket, gone: Socket): void {
  if (gone.readableEnded && !gone.errored) socket.destroySoon();
  else socket.resetAndDestroy();
}

function connectTo({ host = "127.0.0.1", port }: TcpTarget, onClose: () => void): Socket {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  socket.on("error", () => {});
  return socket.once("close", onClose);
}

/** What no pipe takes stays where it is, up to what a socket buffers, and then with the peer. */
function part({ client, server }: Pair): void {
  if (!server) return;
  client.unpipe(server);
  server.unpipe(client);
}
