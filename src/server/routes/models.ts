import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toAnthropicError } from "../../contract/anthropic/anthropic-error.ts";
import { toDialectStatus } from "../../contract/dialect.ts";
import { toOpenAiError } from "../../contract/openai-error.ts";
import {
  findModel,
  listModels,
  toAnthropicModel,
  toAnthropicModelList,
  toOpenAiModel,
  toOpenAiModelList,
  type ModelPage,
} from "../../contract/openai-models.ts";
import { HeadgateError } from "../../errors.ts";
import { createErrorHandler, type ErrorHandler, type ErrorShape } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";

const contentType = "application/json; charset=utf-8";

/** `GET /v1/models` and `/v1/models/{id}`: what `model` may be, in the shape of OpenAI or, for clients of its API, Anthropic. */
export function registerModels(http: FastifyInstance, context: ServerContext): void {
  const { gateway, startedAtMs } = context;
  const onRequest = context.admit("call");
  const inOpenAi = toErrorHandler(context, toOpenAiError);
  const inAnthropic = toErrorHandler(context, toAnthropicError);
  const errorHandler: ErrorHandler = (error, request, reply) =>
    isAnthropic(request) ? inAnthropic(error, request, reply) : inOpenAi(error, request, reply);

  http.get("/v1/models", { onRequest, errorHandler }, async (request, reply) => {
    const models = listModels(gateway.snapshot);
    return isAnthropic(request)
      ? send(reply, toAnthropicModelList(models, startedAtMs, readPage(request.query)))
      : send(reply, toOpenAiModelList(models, startedAtMs));
  });

  // Names may hold slashes, which clients encode or not.
  http.get("/v1/models/*", { onRequest, errorHandler }, async (request, reply) => {
    const model = findModel((request.params as { "*": string })["*"], gateway.snapshot);
    return send(reply, isAnthropic(request) ? toAnthropicModel(model, startedAtMs) : toOpenAiModel(model, startedAtMs));
  });
}

function toErrorHandler({ logger }: ServerContext, toBody: ErrorShape["toBody"]): ErrorHandler {
  return createErrorHandler(logger, { contentType, toBody, toStatus: toDialectStatus });
}

function isAnthropic({ headers }: FastifyRequest): boolean {
  return headers["anthropic-version"] !== undefined;
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header("content-type", contentType).send(JSON.stringify(body));
}

const mostModels = 1000;

/** @throws HeadgateError `request_invalid` */
function readPage(query: unknown): ModelPage {
  const { limit, after_id: afterId, before_id: beforeId } = query as Record<string, unknown>;
  const wanted = limit === undefined ? undefined : Number(limit);
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= mostModels)) {
    const issues = [{ path: "/limit", message: `This must be a whole number from 1 to ${mostModels}.` }];
    throw new HeadgateError("request_invalid", { issues });
  }
  return {
    ...(wanted === undefined ? {} : { limit: wanted }),
    ...(typeof afterId === "string" ? { afterId } : {}),
    ...(typeof beforeId === "string" ? { beforeId } : {}),
  };
}
