import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { systemClock } from "../../../src/clock.ts";

/** `fin`: the socket is closed. `rst`: it is reset. */
export type Leaving = "fin" | "rst";

export interface ClientOrder {
  readonly url: string;
  readonly path: string;
  readonly accept: string;
  readonly body: unknown;
  readonly requestId: string;
}

/** A client with a connection of its own that asks, reads, and leaves before the end. */
export interface LeavingClient {
  /** The answer came to its end, or failed. */
  readonly isOver: boolean;
  /** Resolves when as many pieces that match were read. Rejects if the answer ends before, or they do not come in time. */
  untilSeen(piece: RegExp, count: number, timeoutMs: number): Promise<void>;
  /** Returns when that was, in milliseconds since the epoch. */
  leave(how: Leaving): number;
}

export function openLeavingClient({ url, path, accept, body, requestId }: ClientOrder): LeavingClient {
  let text = "";
  let end: string | undefined;
  let look = (): void => {};
  const outgoing: ClientRequest = request(url + path, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", accept, "x-request-id": requestId },
  });
  const finish = (how: string): void => {
    end ??= how;
    look();
  };
  outgoing.on("error", ({ message }) => finish(message));
  outgoing.on("response", (response: IncomingMessage) => {
    response.on("error", ({ message }: Error) => finish(message));
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      look();
    });
    response.once("end", () => finish(`status ${response.statusCode}: ${text.slice(-300)}`));
  });
  outgoing.end(JSON.stringify(body));

  return {
    get isOver() {
      return end !== undefined;
    },
    untilSeen: (piece, count, timeoutMs) =>
      new Promise((resolve, reject) => {
        const cancelTimer = systemClock.after(timeoutMs, () => settle(`only ${text.slice(0, 300)}`));
        const settle = (wrong: string | undefined): void => {
          cancelTimer();
          look = () => {};
          if (wrong === undefined) resolve();
          else reject(new Error(`${path} did not come so far: ${wrong}`));
        };
        look = () => {
          if ((text.match(piece)?.length ?? 0) >= count) settle(undefined);
          else if (end !== undefined) settle(end);
        };
        look();
      }),
    leave: (how) => {
      const leftAtMs = systemClock.now();
      if (how === "rst" && outgoing.socket) outgoing.socket.resetAndDestroy();
      outgoing.destroy();
      return leftAtMs;
    },
  };
}
