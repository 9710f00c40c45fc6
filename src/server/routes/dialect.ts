import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from "fastify";
import {
  isFinalFailure,
  toDialectStatus,
  type Dialect,
  type DialectHead,
  type DialectRequest,
  type PartWriter,
} from "../../contract/dialect.ts";
import {
  findEndpointByModel,
  listIgnored,
  toEndpointCompletion,
  toEndpointInput,
} from "../../contract/endpoint-chat.ts";
import { HeadgateError } from "../../errors.ts";
import { collect, wholeReply, type Part, type Reply } from "../../reply.ts";
import { answerOnce } from "../answer-once.ts";
import type { AnswerSink } from "../answer-sink.ts";
import type { AnsweringRoute } from "../idempotency/idempotency.ts";
import type { AnswerHead } from "../send-answer.ts";
import { createErrorHandler, reportBug, type ErrorShape } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";
import type { StreamReply } from "../stream-reply.ts";
import { toCaller } from "../to-caller.ts";

/** `POST {path}` for models, tiers and `endpoint:name`, in a foreign dialect. */
export function registerDialect<Request extends DialectRequest>(
  http: FastifyInstance,
  context: ServerContext,
  path: string,
  dialect: Dialect<Request>,
): void {
  http.post(path, dialectOptions(context, dialect), answerDialect(context, dialect));
}

/** Shapes errors as the dialect does. */
export function toDialectShape(dialect: Pick<Dialect, "toErrorBody">): ErrorShape {
  return {
    contentType: "application/json; charset=utf-8",
    toBody: (error, requestId) => dialect.toErrorBody(error, requestId),
    toStatus: toDialectStatus,
    // Official clients would have every model asked all over again.
    toHeaders: (error) => (isFinalFailure(error) ? ["x-should-retry", "false"] : []),
  };
}

/** Admits callers, and shapes errors as the dialect does. */
export function dialectOptions(
  context: ServerContext,
  dialect: Pick<Dialect, "toErrorBody" | "toLimitHeaders">,
): Pick<RouteShorthandOptions, "bodyLimit" | "onRequest" | "errorHandler"> {
  const errorHandler = createErrorHandler(context.logger, toDialectShape(dialect));
  return { bodyLimit: context.limits.maxDialectBodyBytes, onRequest: context.admit("call", dialect), errorHandler };
}

/** The handler that writes the answer, whole or streamed, as the client asked. */
export function answerDialect<Request extends DialectRequest>(
  context: ServerContext,
  dialect: Dialect<Request>,
): ReturnType<typeof answerOnce> {
  const answer: AnsweringRoute["answer"] = (request, sink) => writeAnswer(context, dialect, request, sink);
  return answerOnce(context, { shape: toDialectShape(dialect), answer });
}

async function writeAnswer<Request extends DialectRequest>(
  context: ServerContext,
  dialect: Dialect<Request>,
  request: FastifyRequest,
  sink: AnswerSink,
): Promise<void> {
  const parsed = dialect.parseRequest(request.body, request.headers);
  // As it is when the call begins: a reload may bring another while it runs.
  const head: AnswerHead = { requestId: request.id, snapshotId: context.gateway.snapshot.id };
  if (parsed.stream && dialect.createWriter) {
    await streamAnswer(context, { dialect, parsed, head, request, sink });
    return;
  }
  const answer = await runDialect(context, parsed, request);
  const completion = await collect(answer);
  const shown = toShown(context, parsed, request, answer);
  const body = completion.raw ?? JSON.stringify(dialect.toAnswer(completion, shown, parsed));
  sink.send({ ...head, warnings: answer.warnings, cache: answer.cache }, body);
}

function toShown(
  { clock }: ServerContext,
  { model }: DialectRequest,
  { id: requestId }: FastifyRequest,
  { target }: Reply,
): DialectHead {
  return { requestId, model: target?.model ?? model, createdAtMs: clock.now() };
}

interface StreamExchange<Request extends DialectRequest> {
  /** One that streams. */
  readonly dialect: Dialect<Request>;
  readonly parsed: Request;
  readonly head: AnswerHead;
  readonly request: FastifyRequest;
  readonly sink: AnswerSink;
}

async function streamAnswer<Request extends DialectRequest>(
  context: ServerContext,
  { dialect, parsed, head, request, sink }: StreamExchange<Request>,
): Promise<void> {
  const stream = sink.openStream(head);
  try {
    const answer = await runDialect(context, parsed, request);
    stream.warn(answer.warnings ?? []);
    stream.tell(answer.cache);
    const writer = dialect.createWriter!(toShown(context, parsed, request, answer), parsed);
    if (!(await writeParts(stream, writer, answer.parts))) return;
  } catch (error) {
    if (!stream.hasBegun) throw error;
    reportBug(context.logger, error, request.id);
    const failure = HeadgateError.from(error);
    await stream.fail(failure, dialect.toErrorEvent(failure, request.id));
    return;
  }
  stream.end();
}

/** Resolves to false when the client is gone. */
async function writeParts(stream: StreamReply, writer: PartWriter, parts: AsyncIterable<Part>): Promise<boolean> {
  let isRelayed = false;
  for await (const part of parts) {
    if (part.type === "raw") {
      isRelayed = true;
      writer.watch(part.bytes);
    } else if (part.type === "resumed") isRelayed = false;
    const chunk = part.type === "raw" ? part.bytes : isRelayed ? "" : writer.write(part);
    if (chunk.length > 0 && !(await stream.write(chunk))) return false;
  }
  return isRelayed || stream.write(writer.end());
}

/** Runs a request of a foreign dialect through the pipeline. */
export async function runDialect(
  context: ServerContext,
  parsed: DialectRequest,
  request: FastifyRequest,
): Promise<Reply> {
  const caller = toCaller(request, parsed.stream, parsed.foreign.body["metadata"]);
  const endpoint = parsed.task ? undefined : findEndpointByModel(parsed.model, context.gateway.snapshot);
  if (!endpoint) {
    const { model, messages, settings, output, tools, task, foreign } = parsed;
    return context.gateway.callModel({ ...caller, model, messages, settings, output, tools, task, foreign });
  }
  const { name, contract } = endpoint;
  request.rateTicket?.enterEndpoint(name);
  const input = toEndpointInput(endpoint, parsed.messages);
  // Clients of these dialects cannot undo text, and an endpoint's stream may: they get the final answer in one piece.
  const reply = await context.gateway.callEndpoint({ ...caller, stream: false, endpoint: name, contract, input });
  const completion = toEndpointCompletion(await collect(reply));
  const warnings = [...listIgnored(parsed), ...(reply.warnings ?? [])];
  return { ...wholeReply(completion), warnings, cache: reply.cache };
}
