import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { HeadgateError } from "../errors.ts";
import type { KeyScope } from "../store/store.ts";
import type { Authenticate, Principal } from "./authenticate.ts";
import type { Traffic } from "./traffic.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the admission of a route that needs a scope. */
    principal: Principal;
    /** Aborts when the client is gone before its answer is out. */
    cancellation: AbortSignal;
  }
}

export interface AdmitOptions {
  readonly traffic: Traffic;
  readonly authenticate: Authenticate;
}

export type AdmitHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

function readLength({ headers }: FastifyRequest): number {
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

/** The hook that runs before a body is read: lets a request in, says who it is from, and ties its work to its socket. */
export function createAdmit({ traffic, authenticate }: AdmitOptions): (scope: KeyScope) => AdmitHook {
  return (scope) =>
    function admitRequest(request, reply, done) {
      try {
        traffic.enter(reply.raw, readLength(request));
        const cancel = new AbortController();
        request.cancellation = cancel.signal;
        const response = reply.raw;
        response.once("close", () => {
          traffic.leave(response);
          if (!response.writableFinished) cancel.abort(new HeadgateError("request_cancelled"));
        });
        request.principal = authenticate(request.raw, scope);
      } catch (error) {
        done(error as Error);
        return;
      }
      done();
    };
}
