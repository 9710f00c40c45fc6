import type { FinishReason } from "../../reply.ts";
import { isRecord } from "../../json.ts";

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
  if (!Array.isArray(content)) {
    return {
      text: asText(content),
      reasoning: reasoning || joinTexts(message["reasoning_details"]),
      refusal: asText(message["refusal"]),
    };
  }
  // Mistral's reasoning models mix parts of type `thinking` with parts of type `text`.
  const thoughts = content.filter((part) => isRecord(part) && part["type"] === "thinking");
  return {
    text: joinTexts(content.filter((part) => isRecord(part) && part["type"] === "text")),
    reasoning: reasoning || thoughts.map((part) => joinTexts((part as Record<string, unknown>)["thinking"])).join(""),
    refusal: asText(message["refusal"]),
  };
}

/** Null and unknown reasons become `other`, unless tool calls say why the model stopped. */
export function toFinishReason(reason: unknown, hasToolCalls: boolean): FinishReason {
  switch (reason) {
    case "stop":
    case "length":
    case "tool_calls":
    case "content_filter":
      return reason;
    case "function_call":
      return "tool_calls";
    case "model_length":
    case "max_tokens":
      return "length";
    case "eos":
    case "eos_token":
    case "end_turn":
    case "stop_sequence":
      return "stop";
    default:
      return hasToolCalls ? "tool_calls" : "other";
  }
}

/** Arguments as the model wrote them; servers that send a JSON value instead of its text are put right. */
export function toArgumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function joinTexts(parts: unknown): string {
  if (!Array.isArray(parts)) return asText(parts);
  return parts.map((part) => (isRecord(part) ? asText(part["text"]) : asText(part))).join("");
}
