import type { FastifyReply, FastifyRequest } from "fastify";
import { createConnectionSink } from "./answer-sink.ts";
import type { AnsweringRoute } from "./idempotency/idempotency.ts";
import type { ServerContext } from "./server-context.ts";

/** The handler of a route that calls models: a request with an Idempotency-Key is carried out once. */
export function answerOnce(
  context: ServerContext,
  route: AnsweringRoute,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return (request, reply) =>
    request.headers["idempotency-key"] === undefined
      ? route.answer(request, createConnectionSink(context, reply.raw))
      : context.idempotency.answer({ request, reply, route });
}
