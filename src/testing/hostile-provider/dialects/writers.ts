import type { HostileDialect } from "../hostile-request.ts";
import { anthropic } from "./anthropic.ts";
import type { DialectWriter } from "./dialect.ts";
import { openAiChat } from "./openai-chat.ts";
import { openAiResponses } from "./openai-responses.ts";

/** Paths that are no model call have their errors in OpenAI's form. */
export function pickWriter(dialect: HostileDialect): DialectWriter {
  if (dialect === "anthropic") return anthropic;
  return dialect === "openai-responses" ? openAiResponses : openAiChat;
}
