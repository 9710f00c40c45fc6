import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The connections of clients: cut when their reader stands still, and ended without losing an answer. */
export interface Connections {
  /** How many the server has taken in so far. */
  readonly taken: number;
  /** Ends each connection now if it is idle, and after its answer if not. One that was never used waits for its request. */
  retire(): void;
}

/** The server needs a timeout: the longest that a socket may take none of the bytes that wait for it. */
export function watchConnections(server: Server): Connections {
  /** Answers not yet out; undefined: no request has come. */
  const answers = new Map<Socket, number | undefined>();
  let taken = 0;
  let isRetiring = false;

  server.on("connection", (socket: Socket) => {
    taken++;
    answers.set(socket, undefined);
    socket.once("close", () => answers.delete(socket));
  });

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answers.set(request.socket, (answers.get(request.socket) ?? 0) + 1);
    response.once("close", onAnswered);
  });

  function onAnswered(this: ServerResponse): void {
    const { socket } = this.req;
    const left = (answers.get(socket) ?? 1) - 1;
    if (!answers.has(socket)) return;
    answers.set(socket, left);
    if (isRetiring && left === 0) socket.destroySoon();
  }

  // Node counts each byte that the system takes as progress, and tells when there was none. A socket with nothing to
  // send and an answer to come is not idle: its call takes long.
  server.on("timeout", (socket: Socket) => {
    if (socket.writableLength > 0 || !answers.get(socket)) socket.destroy();
  });

  return {
    get taken() {
      return taken;
    },
    retire() {
      isRetiring = true;
      // Node's own closeIdleConnections drops the unsent rest of an answer that has ended.
      for (const [socket, left] of answers) if (left === 0) socket.destroySoon();
    },
  };
}
