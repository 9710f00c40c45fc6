import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { HeadgateError } from "../errors.ts";
import type { KeyScope } from "../store/store.ts";
import type { Authenticate, Principal } from "./authenticate.ts";
import type { LimitRate, LimitedRoute } from "./limit-rate.ts";
import type { RateTicket } from "./rate-limiter.ts";
import type { StartQueue } from "./start-queue.ts";
import type { Traffic } from "./traffic.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the admission of a route that needs a scope. */
    principal: Principal;
    /** Aborts when the client is gone before its answer is out. */
    cancellation: AbortSignal;
    /** What it has taken of the rate limits; undefined: none holds for it. */
    rateTicket: RateTicket | undefined;
  }
}

export interface AdmitOptions {
  readonly traffic: Traffic;
  readonly starts: StartQueue;
  readonly authenticate: Authenticate;
  readonly limitRate: LimitRate;
}

export type AdmitHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

// Bodies up to this size come with their head, and count as they are announced. Larger ones count as they arrive: what is
// announced and never sent takes no room from others.
const mostBytesAtOnce = 16 * 1024;

/** The hook that runs before a body is read: lets a request in, says who it is from, and ties its work to its socket. */
export function createAdmit(options: AdmitOptions): (scope: KeyScope, route?: LimitedRoute) => AdmitHook {
  const { traffic, starts, authenticate, limitRate } = options;
  return (scope, route) => {
    const canBeRefused = scope === "call";
    return function admitRequest(request, reply, done) {
      let endCall: (() => void) | undefined;
      let start: (error?: HeadgateError) => void = done;
      try {
        const response = reply.raw;
        const announcedBytes = readLength(request);
        const comesAtOnce = announcedBytes <= mostBytesAtOnce && !("transfer-encoding" in request.headers);
        traffic.enter(response, { announcedBytes, bodyBytes: comesAtOnce ? announcedBytes : 0, canBeRefused });
        const cancel = new AbortController();
        request.cancellation = cancel.signal;
        response.once("close", () => {
          traffic.leave(response);
          endCall?.();
          request.rateTicket?.leave();
          if (!response.writableFinished) cancel.abort(new HeadgateError("request_cancelled"));
        });
        request.principal = authenticate(request.raw, scope);
        if (route) request.rateTicket = limitRate({ request, response, route, bodyBytes: announcedBytes });
        if (!comesAtOnce)
          start = (error) => {
            if (!error) countBody(request.raw, response, traffic);
            done(error);
          };
      } catch (error) {
        done(error as Error);
        return;
      }
      if (canBeRefused) endCall = starts.add(start);
      else start();
    };
  };
}

function readLength({ headers }: FastifyRequest): number {
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

function countBody(body: IncomingMessage, response: ServerResponse, traffic: Traffic): void {
  const onData = (chunk: Uint8Array): void => {
    try {
      traffic.grow(response, chunk.length);
    } catch (error) {
      body.off("data", onData);
      // Whoever reads the body answers with it. Where nobody does, as after a refusal, it would end the process.
      if (body.listenerCount("error") > 0) body.emit("error", error);
    }
  };
  body.on("data", onData);
}
