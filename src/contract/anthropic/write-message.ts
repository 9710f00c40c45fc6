import type { Completion } from "../../reply.ts";
import type { DialectHead } from "../dialect.ts";
import { toContentBlocks } from "./to-blocks.ts";
import { toMessageUsage, toStopReason } from "./to-usage.ts";

/** Anthropic's `Message`. */
export function toMessage(completion: Completion, head: DialectHead): Record<string, unknown> {
  return {
    ...toMessageHead(head),
    content: toContentBlocks(completion, head.requestId),
    ...toStop(toStopReason(completion.finishReason)),
    usage: toMessageUsage(completion.usage),
  };
}

export function toMessageHead({ requestId, model }: DialectHead): Record<string, unknown> {
  return { id: `msg_${requestId}`, type: "message", role: "assistant", model };
}

/** Why an answer ended; null while it has not. */
export function toStop(reason: string | null): Record<string, unknown> {
  return { stop_reason: reason, stop_sequence: null, stop_details: null, container: null };
}
