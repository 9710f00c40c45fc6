import { encodeEvent } from "../../event-stream.ts";
import type { Dialect } from "../dialect.ts";
import { toOpenAiError } from "../openai-error.ts";
import { toOpenAiLimitHeaders } from "../openai-limits.ts";
import { parseChatRequest, type ParsedChatRequest } from "./parse-chat-request.ts";
import { createChatChunkWriter } from "./chat-chunk-writer.ts";
import { toChatCompletion } from "./write-chat.ts";

/** OpenAI Chat Completions, as `POST /v1/chat/completions` speaks it. */
export const openAiChat: Dialect<ParsedChatRequest> = {
  parseRequest: parseChatRequest,
  toAnswer: toChatCompletion,
  createWriter: (head, { includeUsage }) => createChatChunkWriter({ ...head, includeUsage }),
  toErrorBody: toOpenAiError,
  toLimitHeaders: toOpenAiLimitHeaders,
  toErrorEvent: (error) => encodeEvent({ data: JSON.stringify(toOpenAiError(error)) }),
};
