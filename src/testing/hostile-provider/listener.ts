import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A TCP server on 127.0.0.1 that knows its connections. */
export interface Listener {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** @default a free port */
  readonly port?: number;
  /** Speaks TLS, with this key and certificate in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** @param onConnection gets sockets that may be half open: a peer's FIN does not close them */
export async function openListener(
  onConnection: (socket: Socket) => void,
  { port = 0, tls }: ListenerOptions = {},
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const options = { noDelay: true, allowHalfOpen: true };
  const server = tls ? createTlsServer({ ...options, ...tls }, onConnection) : createServer(options, onConnection);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    sockets,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
