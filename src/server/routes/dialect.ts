import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from "fastify";
import {
  isFinalFailure,
  toDialectStatus,
  type Dialect,
  type DialectHead,
  type DialectRequest,
} from "../../contract/dialect.ts";
import {
  findEndpointByModel,
  listIgnored,
  toEndpointCompletion,
  toEndpointInput,
} from "../../contract/endpoint-chat.ts";
import { HeadgateError } from "../../errors.ts";
import type { Caller } from "../../gateway.ts";
import { collect, wholeReply, type Reply } from "../../reply.ts";
import { sendAnswer, type AnswerHead } from "../send-answer.ts";
import { createErrorHandler, reportBug, type ErrorHandler } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";
import { createStreamReply } from "../stream-reply.ts";

/** `POST {path}` for models, tiers and `endpoint:name`, in a foreign dialect. */
export function registerDialect<Request extends DialectRequest>(
  http: FastifyInstance,
  context: ServerContext,
  path: string,
  dialect: Dialect<Request>,
): void {
  http.post(path, dialectOptions(context, dialect), async (request, reply) => {
    const parsed = dialect.parseRequest(request.body, request.headers);
    const snapshotId = context.gateway.snapshot.id;
    const answer = await runDialect(context, parsed, request);
    await sendDialect(context, dialect, { parsed, answer, snapshotId, request, reply });
  });
}

/** Admits callers, and shapes errors as the dialect does. */
export function dialectOptions(
  context: ServerContext,
  dialect: Pick<Dialect, "toErrorBody">,
): Pick<RouteShorthandOptions, "bodyLimit" | "onRequest" | "errorHandler"> {
  const sendError = createErrorHandler(context.logger, {
    contentType: "application/json; charset=utf-8",
    toBody: (error, requestId) => dialect.toErrorBody(error, requestId),
    toStatus: toDialectStatus,
  });
  const errorHandler: ErrorHandler = (error, request, reply) => {
    // Official clients would have every model asked all over again.
    if (HeadgateError.is(error) && isFinalFailure(error)) reply.header("x-should-retry", "false");
    sendError(error, request, reply);
  };
  return { bodyLimit: context.limits.maxDialectBodyBytes, onRequest: context.admit("call"), errorHandler };
}

export interface DialectExchange<Request extends DialectRequest> {
  readonly parsed: Request;
  readonly answer: Reply;
  /** As it was when the call began: a reload may bring another while it runs. */
  readonly snapshotId: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Writes the answer, whole or streamed, as the client asked. */
export async function sendDialect<Request extends DialectRequest>(
  context: ServerContext,
  dialect: Dialect<Request>,
  exchange: DialectExchange<Request>,
): Promise<void> {
  const { parsed, answer, snapshotId, request, reply } = exchange;
  const model = answer.target?.model ?? parsed.model;
  const shown: DialectHead = { requestId: request.id, model, createdAtMs: context.clock.now() };
  const head: AnswerHead = { requestId: request.id, snapshotId, warnings: answer.warnings };
  if (parsed.stream && dialect.createWriter) {
    await streamAnswer(context, dialect, { ...exchange, head, writer: dialect.createWriter(shown, parsed) });
    return;
  }
  const completion = await collect(answer);
  const body = completion.raw ?? JSON.stringify(dialect.toAnswer(completion, shown, parsed));
  sendAnswer(reply.raw, head, body);
}

interface StreamExchange<Request extends DialectRequest> extends DialectExchange<Request> {
  readonly head: AnswerHead;
  readonly writer: ReturnType<NonNullable<Dialect["createWriter"]>>;
}

async function streamAnswer<Request extends DialectRequest>(
  { clock, limits, logger }: ServerContext,
  dialect: Dialect<Request>,
  { answer, head, writer, request, reply }: StreamExchange<Request>,
): Promise<void> {
  const stream = createStreamReply({ response: reply.raw, head, clock, stalledReaderMs: limits.stalledReaderMs });
  let isRelayed = false;
  try {
    for await (const part of answer.parts) {
      if (part.type === "raw") {
        isRelayed = true;
        writer.watch(part.bytes);
      } else if (part.type === "resumed") isRelayed = false;
      const chunk = part.type === "raw" ? part.bytes : isRelayed ? "" : writer.write(part);
      if (chunk.length > 0 && !(await stream.write(chunk))) return;
    }
    if (!isRelayed) await stream.write(writer.end());
  } catch (error) {
    if (!stream.hasBegun) throw error;
    reportBug(logger, error, request.id);
    await stream.write(dialect.toErrorEvent(HeadgateError.from(error), request.id));
  }
  stream.end();
}

/** Runs a request of a foreign dialect through the pipeline. */
export async function runDialect(
  context: ServerContext,
  parsed: DialectRequest,
  request: FastifyRequest,
): Promise<Reply> {
  const { tenant, keyId } = request.principal;
  const caller: Caller = {
    tenant,
    ...(keyId === undefined ? {} : { keyId }),
    requestId: request.id,
    signal: request.cancellation,
    stream: parsed.stream,
  };
  const endpoint = parsed.task ? undefined : findEndpointByModel(parsed.model, context.gateway.snapshot);
  if (!endpoint) {
    const { model, messages, settings, output, tools, task, foreign } = parsed;
    return context.gateway.callModel({ ...caller, model, messages, settings, output, tools, task, foreign });
  }
  const { name, contract } = endpoint;
  const input = toEndpointInput(endpoint, parsed.messages);
  // Clients of these dialects cannot undo text, and an endpoint's stream may: they get the final answer in one piece.
  const reply = await context.gateway.callEndpoint({ ...caller, stream: false, endpoint: name, contract, input });
  const completion = toEndpointCompletion(await collect(reply));
  return { ...wholeReply(completion), warnings: [...listIgnored(parsed), ...(reply.warnings ?? [])] };
}
