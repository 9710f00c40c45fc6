import type { DialectRequest } from "../dialect.ts";
import { toRequestError } from "../request-error.ts";
import { chatRequestSchema } from "./chat-request-schema.ts";
import { findLosses } from "./find-losses.ts";
import { createLossList } from "../loss-list.ts";
import { readMessages } from "./read-messages.ts";
import { readOutput, readSettings } from "./read-settings.ts";
import { readTools } from "./read-tools.ts";

/** A chat request in Headgate's words; `foreign` keeps what they do not say. */
export interface ParsedChatRequest extends DialectRequest {
  /** The client asked for a last chunk that reports usage. */
  readonly includeUsage: boolean;
}

/**
 * Reads the body of `POST /v1/chat/completions`. Fields that Headgate does not know pass.
 * @throws HeadgateError `request_invalid` with the issues
 */
export function parseChatRequest(body: unknown): ParsedChatRequest {
  const result = chatRequestSchema.safeParse(body);
  if (!result.success) throw toRequestError(result.error);
  const request = result.data;
  const losses = createLossList("only providers of OpenAI's chat know it");
  findLosses(request, losses);
  const messages = readMessages(request.messages, losses);
  const { tools, toolChoice } = readTools(request, losses);
  const settings = { ...readSettings(request, losses), ...(toolChoice === undefined ? {} : { toolChoice }) };
  const output = readOutput(request.response_format);
  const found = losses.toLosses();
  return {
    model: request.model,
    messages,
    settings,
    ...(output ? { output } : {}),
    ...(tools ? { tools } : {}),
    stream: request.stream === true,
    includeUsage: request.stream_options?.include_usage === true,
    foreign: {
      dialect: "openai-chat",
      body: body as Record<string, unknown>,
      ...(found.length === 0 ? {} : { losses: found }),
    },
  };
}
