import { isRecord } from "../../json.ts";
import type { FinishReason } from "../../reply.ts";

/** What a message or a delta says, in whichever of the dialect's variants. */
export interface MessageText {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
}

/** Reads `content` (text or typed parts), `reasoning_content`, `reasoning` or `reasoning_details`, and `refusal`. */
export function readMessage(message: Readonly<Record<string, unknown>>): MessageText {
  const { content } = message;
  const reasoning = asText(message["reasoning_content"]) || asText(message["reasoning"]);
  const refusal = asText(message["refusal"]);
  if (!Array.isArray(content)) {
    const text = asText(content) || readTranscript(message["audio"]);
    return { text, reasoning: reasoning || joinDetails(message["reasoning_details"]), refusal };
  }
  // Mistral's reasoning models mix parts of type `thinking` with parts of type `text`.
  const thoughts = content.filter((part) => isRecord(part) && part["type"] === "thinking");
  return {
    text: joinTexts(content.filter((part) => isRecord(part) && part["type"] === "text")),
    reasoning: reasoning || thoughts.map((part) => joinTexts((part as Record<string, unknown>)["thinking"])).join(""),
    refusal,
  };
}

/** Null and unknown reasons become `other`, unless tool calls say why the model stopped. */
export function toFinishReason(reason: unknown, hasToolCalls: boolean): FinishReason {
  switch (reason) {
    case "stop":
    case "eos":
    case "eos_token":
    case "end_turn":
    case "stop_sequence":
      // A model that is made to call a tool says `stop` at OpenAI and at others.
      return hasToolCalls ? "tool_calls" : "stop";
    case "length":
    case "model_length":
    case "max_tokens":
    case "max_output_tokens":
      return "length";
    case "content_filter":
    case "safety":
    case "sensitive":
      return "content_filter";
    case "tool_calls":
    case "tool_use":
    case "function_call":
      return "tool_calls";
    default:
      return hasToolCalls ? "tool_calls" : "other";
  }
}

/** Arguments as the model wrote them; servers that send a JSON value instead of its text are put right. */
export function toArgumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Gemini's, behind its OpenAI address. */
export function readSignature(call: Readonly<Record<string, unknown>>): string | undefined {
  const extra = call["extra_content"];
  const google = isRecord(extra) ? extra["google"] : undefined;
  const signature = isRecord(google) ? google["thought_signature"] : undefined;
  return typeof signature === "string" ? signature : undefined;
}

export function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

// An answer that is spoken has its words here only.
function readTranscript(audio: unknown): string {
  return isRecord(audio) ? asText(audio["transcript"]) : "";
}

function joinTexts(parts: unknown): string {
  if (!Array.isArray(parts)) return asText(parts);
  return parts.map((part) => (isRecord(part) ? asText(part["text"]) : asText(part))).join("");
}

function joinDetails(details: unknown): string {
  if (!Array.isArray(details)) return "";
  return details
    .map((detail) => (isRecord(detail) ? asText(detail["text"]) || asText(detail["summary"]) : ""))
    .join("");
}
