import { createEventSequence } from "./event-sequence.ts";
import type { Dialect } from "../dialect.ts";
import { toOpenAiError } from "../openai-error.ts";
import { toOpenAiLimitHeaders } from "../openai-limits.ts";
import { parseResponsesRequest, type ParsedResponsesRequest } from "./parse-responses-request.ts";
import { createResponseWriter } from "./response-writer.ts";
import { toResponse } from "./to-response.ts";
import { writeErrorFields } from "./write-error.ts";

/** OpenAI Responses, as `POST /v1/responses` speaks it. */
export const openAiResponses: Dialect<ParsedResponsesRequest> = {
  parseRequest: (body, headers) => parseResponsesRequest(body, headers),
  toAnswer: (completion, head, request) => toResponse(completion, head, request),
  createWriter: createResponseWriter,
  toErrorBody: toOpenAiError,
  toLimitHeaders: toOpenAiLimitHeaders,
  // For streams of another's events: their numbers are not known here. The writer ends its own.
  toErrorEvent: (error) => createEventSequence().write("error", writeErrorFields(error)),
};
