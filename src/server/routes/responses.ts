import type { FastifyInstance, FastifyRequest } from "fastify";
import { openAiResponses } from "../../contract/openai-responses/openai-responses.ts";
import {
  parseResponsesRequest,
  type ParsedResponsesRequest,
} from "../../contract/openai-responses/parse-responses-request.ts";
import { HeadgateError } from "../../errors.ts";
import { createRequestId } from "../../ids.ts";
import { isRecord } from "../../json.ts";
import { answerOnce } from "../answer-once.ts";
import { createConversations, type Conversation, type Conversations } from "../conversations.ts";
import type { AnsweringRoute } from "../idempotency/idempotency.ts";
import { sendResponse } from "../send-response.ts";
import type { ServerContext } from "../server-context.ts";
import { dialectOptions, runDialect, toDialectShape } from "./dialect.ts";
import { registerStoredResponses } from "./stored-responses.ts";

const defaultRetentionDays = 30;

/** `/v1/responses`: OpenAI's Responses API for models, tiers and `endpoint:name`, and the answers that are kept. */
export function registerResponses(http: FastifyInstance, context: ServerContext): void {
  const conversations = createConversations({ store: context.store, clock: context.clock, logger: context.logger });
  const answer: AnsweringRoute["answer"] = async (request, sink) => {
    const { clock, gateway } = context;
    const createdAtMs = clock.now();
    const retentionDays = gateway.snapshot.responseRetentionDays ?? defaultRetentionDays;
    const { parsed, before } = await readRequest(conversations, request, retentionDays > 0);
    // A client may send its request id again and again; each answer that is kept needs an id of its own.
    const requestId = createRequestId(createdAtMs);
    const { tenant } = request.principal;
    const { input } = parsed;
    await sendResponse(context, {
      parsed,
      shown: { requestId, model: parsed.model, createdAtMs },
      ask: () => runDialect(context, parsed, request),
      snapshotId: gateway.snapshot.id,
      request,
      sink,
      warnings: warnOfStore(request.body, retentionDays),
      keep: (response) => conversations.keep({ tenant, requestId, before, input, response, retentionDays }),
    });
  };
  const handler = answerOnce(context, { shape: toDialectShape(openAiResponses), answer });
  http.post("/v1/responses", dialectOptions(context, openAiResponses), handler);
  registerStoredResponses(http, context);
}

interface ReadRequest {
  readonly parsed: ParsedResponsesRequest;
  readonly before: Conversation | undefined;
}

async function readRequest(
  conversations: Conversations,
  { body, headers, principal: { tenant } }: FastifyRequest,
  keepsAnswers: boolean,
): Promise<ReadRequest> {
  // What is no object is refused by the parser.
  if (!isRecord(body)) return { parsed: parseResponsesRequest(body, headers), before: undefined };
  const { previous_response_id: previousId } = body;
  if (typeof previousId === "string" && !keepsAnswers) throw refusePrevious();
  const before = typeof previousId === "string" ? await conversations.resume(tenant, previousId) : undefined;
  const resolved = await conversations.resolve(tenant, body, before);
  const parsed = parseResponsesRequest(resolved, headers, before?.items);
  return { parsed: { ...parsed, isStored: parsed.isStored && keepsAnswers }, before };
}

function refusePrevious(): HeadgateError {
  const message = "This server keeps no answers (responses.retentionDays is 0); send the whole conversation as input";
  const issues = [{ path: "/previous_response_id", message }];
  return new HeadgateError("request_invalid", { detail: `/previous_response_id: ${message}.`, issues });
}

function warnOfStore(body: unknown, retentionDays: number): readonly string[] {
  const isAsked = isRecord(body) && body["store"] === true;
  return isAsked && retentionDays === 0 ? ["/store was dropped: this server keeps no answers."] : [];
}
