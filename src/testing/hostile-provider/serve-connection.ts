import type { Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import { createRequestReader } from "../request-reader.ts";
import type { HostileEntry, WritableLedger } from "./hostile-ledger.ts";
import { readHostileRequest, type HostileRequest } from "./hostile-request.ts";

export interface ServedConnection {
  readonly socket: Socket;
  readonly id: number;
  readonly clock: Clock;
  readonly ledger: WritableLedger;
  /** Aborts when the peer is gone or the connection closed. */
  readonly closed: AbortSignal;
}

export interface ConnectionHandler {
  /** Done before anything is read; undefined for nothing. */
  accept?(connection: ServedConnection): Promise<void> | undefined;
  /** Answers what is not to be in the ledger; undefined for what is. */
  control?(request: HostileRequest, connection: ServedConnection): Promise<void> | undefined;
  answer(request: HostileRequest, entry: HostileEntry, connection: ServedConnection): Promise<void>;
}

/** Reads requests from one connection and has them answered one after the other, with how each ended in the ledger. */
export function serveConnection(parts: Omit<ServedConnection, "closed">, handler: ConnectionHandler): void {
  const { socket, ledger, id } = parts;
  const closing = new AbortController();
  const connection: ServedConnection = { ...parts, closed: closing.signal };
  const reader = createRequestReader({ allowChunked: true });
  let current: HostileEntry | undefined;
  let isAnswering = false;

  async function answerAll(): Promise<void> {
    for (let raw = reader.take(); raw && !closing.signal.aborted; raw = reader.take()) {
      const request = readHostileRequest(raw);
      const control = handler.control?.(request, connection);
      if (control) {
        await control;
        continue;
      }
      current = ledger.add(request, id);
      await handler.answer(request, current, connection);
      ledger.end(current, "finished");
      current = undefined;
    }
  }
  function read(bytes: Buffer): void {
    try {
      reader.push(bytes);
    } catch {
      socket.destroy();
      return;
    }
    if (isAnswering) return;
    isAnswering = true;
    answerAll().then(
      () => (isAnswering = false),
      () => socket.destroy(),
    );
  }
  function leave(how: "client-fin" | "client-reset" | "cut"): void {
    if (current) ledger.end(current, how);
    if (!closing.signal.aborted) closing.abort(new Error("The connection is closed."));
  }

  ledger.connected();
  socket.on("end", () => {
    leave("client-fin");
    socket.destroySoon();
  });
  socket.on("error", () => leave("client-reset"));
  socket.once("close", () => {
    leave("cut");
    ledger.disconnected();
  });
  const accepted = handler.accept?.(connection);
  if (!accepted) socket.on("data", read);
  else
    accepted.then(
      () => socket.on("data", read),
      () => socket.destroy(),
    );
}
