import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../clock.ts";
import { toStandardLimitHeaders, type LimitHeaders, type LimitState } from "../contract/limit-state.ts";
import type { RateLimiter, RateTicket } from "./rate-limiter.ts";

/** A route whose calls count for the rate limits. */
export interface LimitedRoute {
  /** Of the endpoint that the path names. Absent, or undefined: none is named there. */
  readonly findEndpoint?: (request: FastifyRequest) => string | undefined;
  /** Headers beside the standard's, as clients of a foreign API know them. */
  readonly toLimitHeaders?: (states: readonly LimitState[], nowMs: number) => LimitHeaders;
}

interface LimitedRequest {
  readonly request: FastifyRequest;
  readonly response: ServerResponse;
  readonly route: LimitedRoute;
  /** As they are announced. */
  readonly bodyBytes: number;
}

/** Before the body is read. @throws HeadgateError `rate_limited` */
export type LimitRate = (limited: LimitedRequest) => RateTicket | undefined;

export interface LimitRateOptions {
  readonly limiter: RateLimiter;
  readonly clock: Pick<Clock, "now">;
}

/** Has the limiter judge a request, and puts on its response how the limits stand. What is only read is free. */
export function createLimitRate({ limiter, clock }: LimitRateOptions): LimitRate {
  return ({ request, response, route, bodyBytes }) => {
    if (request.method !== "POST") return undefined;
    const { findEndpoint, toLimitHeaders } = route;
    const { tenant, keyId, keyName, team } = request.principal;
    return limiter.enter({
      subject: { tenant, keyId, keyName, team, endpoint: findEndpoint?.(request) },
      bodyBytes,
      show: (states) => {
        if (states.length === 0) return;
        const headers = { ...toStandardLimitHeaders(states), ...toLimitHeaders?.(states, clock.now()) };
        // On the socket's own response, since answers are written past the framework.
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      },
    });
  };
}
