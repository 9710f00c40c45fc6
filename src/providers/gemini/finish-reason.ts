import type { FinishReason } from "../../reply.ts";

/** Google says STOP as well when the model waits for its calls. */
export function toFinishReason(reason: string | undefined, hasToolCalls: boolean): FinishReason {
  if (reason === "STOP") return hasToolCalls ? "tool_calls" : "stop";
  return (reason !== undefined && Object.hasOwn(reasons, reason) ? reasons[reason] : undefined) ?? "other";
}

/** Reasons with which nothing was left to say, such as MALFORMED_FUNCTION_CALL, are `other`. */
const reasons: Readonly<Record<string, FinishReason>> = {
  MAX_TOKENS: "length",
  // A long answer of Gemini 4 that wants another request to go on.
  CONTINUATION: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  MODEL_ARMOR: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  IMAGE_RECITATION: "content_filter",
};
