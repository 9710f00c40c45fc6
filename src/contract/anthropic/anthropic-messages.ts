import type { Dialect } from "../dialect.ts";
import { toAnthropicError, toErrorEvent } from "./anthropic-error.ts";
import { toAnthropicLimitHeaders } from "./anthropic-limits.ts";
import { parseCountTokensRequest, parseMessagesRequest } from "./parse-messages-request.ts";
import { MessageEventWriter } from "./write-message-events.ts";
import { toMessage } from "./write-message.ts";

/** Anthropic's Messages API, as `POST /v1/messages` speaks it. */
export const anthropicMessages: Dialect = {
  parseRequest: parseMessagesRequest,
  toAnswer: toMessage,
  createWriter: (head, request) => new MessageEventWriter(head, request),
  toErrorBody: toAnthropicError,
  toLimitHeaders: toAnthropicLimitHeaders,
  toErrorEvent,
};

/** `POST /v1/messages/count_tokens`. */
export const anthropicCountTokens: Dialect = {
  parseRequest: parseCountTokensRequest,
  toAnswer: ({ result }) => {
    if (result?.type !== "count-tokens") throw new Error("The reply has no count.");
    return { input_tokens: result.inputTokens };
  },
  toErrorBody: toAnthropicError,
  toLimitHeaders: toAnthropicLimitHeaders,
  toErrorEvent,
};
