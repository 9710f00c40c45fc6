import type { ServerResponse } from "node:http";
import { HeadgateError } from "../errors.ts";

/** The requests at work now: how many may be, and how they end when the server stops. */
export interface Traffic {
  readonly inFlight: number;
  readonly isDraining: boolean;
  /** @throws HeadgateError `shutting_down`, `overloaded` */
  enter(response: ServerResponse): void;
  leave(response: ServerResponse): void;
  /** Lets nobody in any more, and resolves when the last one has left. */
  drain(): Promise<void>;
}

const overloadedRetryMs = 1000;

export function createTraffic(maxInFlight: number): Traffic {
  const responses = new Set<ServerResponse>();
  const idle = Promise.withResolvers<void>();
  let isDraining = false;

  return {
    get inFlight() {
      return responses.size;
    },
    get isDraining() {
      return isDraining;
    },
    enter(response) {
      if (isDraining) {
        response.shouldKeepAlive = false;
        throw new HeadgateError("shutting_down", { retryAfterMs: overloadedRetryMs });
      }
      if (responses.size >= maxInFlight) throw new HeadgateError("overloaded", { retryAfterMs: overloadedRetryMs });
      responses.add(response);
    },
    leave(response) {
      responses.delete(response);
      if (isDraining && responses.size === 0) idle.resolve();
    },
    drain() {
      isDraining = true;
      // Node then answers with Connection: close, so no client sends its next request into a closing socket.
      for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false;
      if (responses.size === 0) idle.resolve();
      return idle.promise;
    },
  };
}
