import type { FinishReason } from "../../reply.ts";

/** How a response ended. */
export interface Ending {
  /** `completed` or `incomplete`. */
  readonly status: string;
  /** Of `incomplete_details`. */
  readonly incompleteReason: string | undefined;
}

/** What the answer holds that says why the model stopped. */
export interface Held {
  readonly hasToolCalls: boolean;
  readonly isRefusal: boolean;
}

export function toFinishReason({ status, incompleteReason }: Ending, { hasToolCalls, isRefusal }: Held): FinishReason {
  if (incompleteReason === "max_output_tokens" || incompleteReason === "max_tokens") return "length";
  if (incompleteReason === "content_filter") return "content_filter";
  if (hasToolCalls) return "tool_calls";
  if (isRefusal) return "content_filter";
  return status === "completed" ? "stop" : "other";
}
