import type { Clock } from "../clock.ts";
import type { RawRequest } from "./request-reader.ts";

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
  const requests: SeenRequest[] = [];
  const watchers = new Set<() => void>();
  let nextId = 1;

  function tell(): void {
    for (const watcher of watchers) watcher();
  }

  return {
    requests,
    waitFor: (find, timeoutMs = 5000) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          cancelTimer();
          watchers.delete(look);
        };
        const look = (): void => {
          const found = find(requests);
          if (!found) return;
          stop();
          resolve(found);
        };
        const cancelTimer = clock.after(timeoutMs, () => {
          stop();
          reject(new Error(`The ledger did not show it within ${timeoutMs} ms.`));
        });
        watchers.add(look);
        look();
      }),
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
      requests.push(seen);
      if (requests.length > mostRequests) requests.shift();
      tell();
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
