import type { ServerResponse } from "node:http";
import { HeadgateError } from "../errors.ts";

/** The requests at work now: how many may be, and how they end when the server stops. */
export interface Traffic {
  readonly inFlight: number;
  readonly isDraining: boolean;
  /**
   * @param bodyBytes as the request announces it; 0 where it does not
   * @throws HeadgateError `shutting_down`, `overloaded`
   */
  enter(response: ServerResponse, bodyBytes: number): void;
  leave(response: ServerResponse): void;
  /** Lets nobody in any more, and resolves when the last one has left. */
  drain(): Promise<void>;
}

const overloadedRetryMs = 1000;

export interface TrafficLimits {
  readonly maxInFlight: number;
  /** Of all bodies together: each takes several times its size while it is read. */
  readonly maxBodyBytesInFlight: number;
}

export function createTraffic({ maxInFlight, maxBodyBytesInFlight }: TrafficLimits): Traffic {
  const responses = new Map<ServerResponse, number>();
  let bytesInFlight = 0;
  const idle = Promise.withResolvers<void>();
  let isDraining = false;

  return {
    get inFlight() {
      return responses.size;
    },
    get isDraining() {
      return isDraining;
    },
    enter(response, bodyBytes) {
      if (isDraining) {
        response.shouldKeepAlive = false;
        throw new HeadgateError("shutting_down", { retryAfterMs: overloadedRetryMs });
      }
      // One body is let in whatever its size: the limit of a single body is the route's.
      const isTooMuch = bytesInFlight > 0 && bytesInFlight + bodyBytes > maxBodyBytesInFlight;
      if (responses.size >= maxInFlight || isTooMuch) {
        throw new HeadgateError("overloaded", { retryAfterMs: overloadedRetryMs });
      }
      responses.set(response, bodyBytes);
      bytesInFlight += bodyBytes;
    },
    leave(response) {
      bytesInFlight -= responses.get(response) ?? 0;
      responses.delete(response);
      if (isDraining && responses.size === 0) idle.resolve();
    },
    drain() {
      isDraining = true;
      // Node then answers with Connection: close, so no client sends its next request into a closing socket.
      for (const response of responses.keys()) if (!response.headersSent) response.shouldKeepAlive = false;
      if (responses.size === 0) idle.resolve();
      return idle.promise;
    },
  };
}
