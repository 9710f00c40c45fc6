import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Completion, Reply } from "../../call.ts";
import { collect, wholeReply } from "../../call.ts";
import { findEndpointByModel, toEndpointCompletion, toEndpointInput } from "../../contract/endpoint-chat.ts";
import { createChatChunkWriter, parseChatRequest, toChatCompletion, toOpenAiError } from "../../contract/openai.ts";
import { encodeEvent } from "../../event-stream.ts";
import type { Caller } from "../../gateway.ts";
import { sendAnswer } from "../send-answer.ts";
import { createErrorHandler, reportBug } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";
import { createStreamReply } from "../stream-reply.ts";

type ChatRequest = ReturnType<typeof parseChatRequest>;

/** `POST /v1/chat/completions`: OpenAI's chat for models, tiers and `endpoint:name`. */
export function registerChatCompletions(http: FastifyInstance, context: ServerContext): void {
  const errorHandler = createErrorHandler(context.logger, {
    contentType: "application/json; charset=utf-8",
    toBody: toOpenAiError,
  });
  http.post("/v1/chat/completions", { onRequest: context.admit("call"), errorHandler }, (request, reply) => {
    const chat = parseChatRequest(request.body);
    return chat.stream ? answerStreamed(context, chat, request, reply) : answerWhole(context, chat, request, reply);
  });
}

async function answerWhole(
  context: ServerContext,
  chat: ChatRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const createdAtMs = context.clock.now();
  const head = { requestId: request.id, snapshotId: context.gateway.snapshot.id };
  const completion = await collect(await run(context, chat, request));
  const body =
    completion.raw ??
    JSON.stringify(toChatCompletion(completion, { requestId: request.id, model: chat.model, createdAtMs }));
  sendAnswer(reply.raw, head, body);
}

async function answerStreamed(
  context: ServerContext,
  chat: ChatRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { clock, gateway, limits, logger } = context;
  const createdAtMs = clock.now();
  const head = { requestId: request.id, snapshotId: gateway.snapshot.id };
  const { parts } = await run(context, chat, request);
  const stream = createStreamReply({ response: reply.raw, head, clock, stalledReaderMs: limits.stalledReaderMs });
  const chunks = createChatChunkWriter({
    requestId: request.id,
    model: chat.model,
    createdAtMs,
    includeUsage: chat.includeUsage,
  });
  let isRaw = false;
  try {
    for await (const part of parts) {
      isRaw ||= part.type === "raw";
      const chunk = part.type === "raw" ? part.bytes : isRaw ? "" : chunks.write(part);
      if (chunk.length > 0 && !(await stream.write(chunk))) return;
    }
    if (!isRaw) await stream.write(chunks.end());
  } catch (error) {
    if (!stream.hasBegun) throw error;
    reportBug(logger, error, request.id);
    await stream.write(encodeEvent({ data: JSON.stringify(toOpenAiError(error)) }));
  }
  stream.end();
}

async function run(context: ServerContext, chat: ChatRequest, request: FastifyRequest): Promise<Reply> {
  const { tenant, keyId } = request.principal;
  const caller: Caller = {
    tenant,
    ...(keyId === undefined ? {} : { keyId }),
    requestId: request.id,
    signal: request.cancellation,
    stream: chat.stream,
  };
  const endpoint = findEndpointByModel(chat.model, context.gateway.snapshot);
  if (!endpoint) {
    const { model, messages, settings, output, tools, foreign } = chat;
    return context.gateway.chat({ ...caller, model, messages, settings, output, tools, foreign });
  }
  const { name, contract } = endpoint;
  const input = toEndpointInput(endpoint, chat.messages);
  // Chat clients cannot undo text, and an endpoint's stream may: they get the final answer in one piece.
  const reply = await context.gateway.callEndpoint({ ...caller, stream: false, endpoint: name, contract, input });
  const completion: Completion = toEndpointCompletion(await collect(reply));
  return wholeReply(completion);
}
