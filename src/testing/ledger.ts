import type { Clock } from "../clock.ts";
import type { RawRequest } from "./request-reader.ts";
import { createWatchedRows } from "./watched-rows.ts";

/** One request as the scripted provider saw it; its numbers grow while it is answered. */
export interface SeenRequest {
  /** Counted from 1. */
  readonly id: number;
  /** Counted from 1: equal for requests on one connection. */
  readonly socketId: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed; undefined if it is not JSON. */
  readonly body: unknown;
  readonly receivedAtMs: number;
  bytesWritten: number;
  /** True once the whole answer was written. */
  finished: boolean;
  /** When the connection closed before the answer was finished. */
  closedByPeerAtMs: number | undefined;
}

/** What a scripted provider saw, the newest 10,000 requests. */
export interface Ledger {
  readonly requests: readonly SeenRequest[];
  /** Resolves with the first truthy result of `find`, tried now and after each change. Rejects after `timeoutMs`. */
  waitFor<T>(find: (requests: readonly SeenRequest[]) => T | undefined | false, timeoutMs?: number): Promise<T>;
  add(request: RawRequest, body: unknown, socketId: number): SeenRequest;
  finish(request: SeenRequest): void;
  close(request: SeenRequest): void;
}

const mostRequests = 10_000;

export function createLedger(clock: Clock): Ledger {
  const { rows, add, tell, waitFor } = createWatchedRows<SeenRequest>(clock, mostRequests);
  let nextId = 1;

  return {
    requests: rows,
    waitFor,
    add: ({ method, path, headers }, body, socketId) => {
      const seen: SeenRequest = {
        id: nextId++,
        socketId,
        method,
        path,
        headers,
        body,
        receivedAtMs: clock.now(),
        bytesWritten: 0,
        finished: false,
        closedByPeerAtMs: undefined,
      };
      add(seen);
      return seen;
    },
    finish: (request) => {
      request.finished = true;
      tell();
    },
    close: (request) => {
      if (request.finished) return;
      request.closedByPeerAtMs = clock.now();
      tell();
    },
  };
}
