import type { Completion } from "../../reply.ts";
import type { DialectHead, DialectRequest } from "../dialect.ts";
import { toContentBlocks } from "./to-blocks.ts";
import { toMessageUsage, toStopReason } from "./to-usage.ts";

/** What the end of an answer depends on. */
export type StopRequest = Pick<DialectRequest, "settings">;

/** Anthropic's `Message`. */
export function toMessage(
  completion: Completion,
  head: DialectHead,
  request: StopRequest = { settings: {} },
): Record<string, unknown> {
  const { finishReason, rawFinishReason } = completion;
  return {
    ...toMessageHead(head),
    content: toContentBlocks(completion, head.requestId),
    ...toStop(toStopReason(finishReason, rawFinishReason), request),
    usage: toMessageUsage(completion.usage),
  };
}

export function toMessageHead({ requestId, model }: DialectHead): Record<string, unknown> {
  return { id: `msg_${requestId}`, type: "message", role: "assistant", model };
}

/** Why an answer ended; null while it has not. Vendors do not say which sequence ended it: known is an only one. */
export function toStop(reason: string | null, { settings }: StopRequest): Record<string, unknown> {
  const [only, ...others] = settings.stop ?? [];
  const sequence = reason === "stop_sequence" && others.length === 0 ? only : undefined;
  return { stop_reason: reason, stop_sequence: sequence ?? null, stop_details: null, container: null };
}
