import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from "fastify";
import { anthropicCountTokens, anthropicMessages } from "../../contract/anthropic/anthropic-messages.ts";
import type { Dialect } from "../../contract/dialect.ts";
import type { ServerContext } from "../server-context.ts";
import { answerDialect, dialectOptions } from "./dialect.ts";

/** `POST /v1/messages` and `/v1/messages/count_tokens`: Anthropic's Messages API for models, tiers and `endpoint:name`. */
export function registerMessages(http: FastifyInstance, context: ServerContext): void {
  register(http, context, "/v1/messages", anthropicMessages);
  register(http, context, "/v1/messages/count_tokens", anthropicCountTokens);
}

function register(http: FastifyInstance, context: ServerContext, path: string, dialect: Dialect): void {
  const options = dialectOptions(context, dialect);
  const onRequest = [nameRequest, options.onRequest ?? []].flat();
  http.post(path, { ...options, onRequest }, answerDialect(context, dialect));
}

/** Anthropic's clients read the request's id from this header. */
function nameRequest({ id }: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  // On the socket's own response, since answers are written past the framework.
  reply.raw.setHeader("request-id", id);
  done();
}
