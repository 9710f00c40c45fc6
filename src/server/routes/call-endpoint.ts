import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Outcome, Part } from "../../reply.ts";
import { collect } from "../../reply.ts";
import { toAnswer } from "../../contract/answer.ts";
import { toProblem } from "../../contract/problem.ts";
import { HeadgateError } from "../../errors.ts";
import { encodeEvent } from "../../event-stream.ts";
import type { EndpointRequest } from "../../gateway.ts";
import { answerOnce } from "../answer-once.ts";
import type { AnswerSink } from "../answer-sink.ts";
import type { AnsweringRoute } from "../idempotency/idempotency.ts";
import type { AnswerHead } from "../send-answer.ts";
import { problemShape, reportBug } from "../send-error.ts";
import type { ServerContext } from "../server-context.ts";
import type { StreamReply } from "../stream-reply.ts";
import { toCaller } from "../to-caller.ts";

interface EndpointParams {
  readonly endpoint: string;
  readonly contract: string;
}

/** `POST /api/:endpoint/v:contract`: the typed contract, whole or as server-sent events. */
export function registerCallEndpoint(http: FastifyInstance, context: ServerContext): void {
  const onRequest = context.admit("call", {
    findEndpoint: ({ params }) => {
      const { endpoint, contract } = params as EndpointParams;
      // Names that clients make up are nobody's share.
      return context.gateway.snapshot.endpoints.get(`${endpoint}/v${contract}`)?.name;
    },
  });
  const answer: AnsweringRoute["answer"] = (request, sink) => {
    const call = toEndpointRequest(request);
    return call.stream ? answerStreamed(context, call, sink) : answerWhole(context, call, sink);
  };
  const handler = answerOnce(context, { shape: problemShape, answer });
  http.post("/api/:endpoint/v:contract", { onRequest }, handler);
}

function toEndpointRequest(request: FastifyRequest): EndpointRequest {
  if (request.body === undefined)
    throw new HeadgateError("request_invalid", { detail: "Send the endpoint's input as a JSON body." });
  const { endpoint, contract } = request.params as EndpointParams;
  const isStream = request.headers.accept?.includes("text/event-stream") ?? false;
  return {
    ...toCaller(request, isStream),
    endpoint,
    contract: parseContract(contract),
    input: request.body,
  };
}

const contractShape = /^[1-9]\d{0,5}$/;

function parseContract(text: string): number {
  if (!contractShape.test(text))
    throw new HeadgateError("endpoint_not_found", { detail: "A contract version is a whole number, as in /v1." });
  return Number(text);
}

async function answerWhole(context: ServerContext, call: EndpointRequest, sink: AnswerSink): Promise<void> {
  const head = toHead(context, call);
  const answer = await context.gateway.callEndpoint(call);
  const { outcome } = await collect(answer);
  if (!outcome) throw new Error("The gateway's reply has no outcome.");
  sink.send({ ...head, cache: answer.cache }, JSON.stringify(toAnswer(call.requestId, outcome)));
}

async function answerStreamed(context: ServerContext, call: EndpointRequest, sink: AnswerSink): Promise<void> {
  const stream = sink.openStream(toHead(context, call));
  try {
    const { parts, cache } = await context.gateway.callEndpoint(call);
    stream.tell(cache);
    const outcome = await writeParts(stream, parts);
    if (outcome === "gone") return;
    if (!outcome) throw new HeadgateError("stream_cut");
    await stream.write(toEvent("done", toAnswer(call.requestId, outcome)));
  } catch (error) {
    if (!stream.hasBegun) throw error;
    reportBug(context.logger, error, call.requestId);
    await stream.fail(HeadgateError.from(error), toEvent("error", toProblem(error, call.requestId)));
    return;
  }
  stream.end();
}

/** Writes deltas as they come. The outcome is for after the last part, when the call's record is safe. */
async function writeParts(stream: StreamReply, parts: AsyncIterable<Part>): Promise<Outcome | "gone" | undefined> {
  let outcome: Outcome | undefined;
  for await (const part of parts) {
    if (part.type === "finish") outcome = part.outcome;
    const event = toStreamEvent(part);
    if (event !== undefined && !(await stream.write(event))) return "gone";
  }
  return outcome;
}

function toStreamEvent(part: Part): string | undefined {
  if (part.type === "delta") {
    const change = "append" in part ? { append: part.append } : { set: part.set };
    return toEvent("delta", { path: part.path, ...change });
  }
  return part.type === "reset" ? toEvent("reset", { reason: part.reason }) : undefined;
}

function toEvent(event: string, data: unknown): string {
  return encodeEvent({ event, data: JSON.stringify(data) });
}

function toHead(context: ServerContext, call: EndpointRequest): AnswerHead {
  return { requestId: call.requestId, snapshotId: context.gateway.snapshot.id };
}
