import type { FinishReason } from "../../reply.ts";

const reasons: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  // A long run of the vendor's own tools was interrupted: the answer goes on when it is handed back, and is not whole.
  ["pause_turn", "other"],
]);

/** Null and words that are not known become `other`, unless tool calls say why the model stopped. */
export function toFinishReason(stopReason: string | undefined, hasToolCalls: boolean): FinishReason {
  return reasons.get(stopReason) ?? (hasToolCalls ? "tool_calls" : "other");
}
