import type { HeadgateError } from "../../errors.ts";
import type { FinishReason, Usage } from "../../reply.ts";
import type { DialectHead, RescueNote } from "../dialect.ts";
import { toForeignTier } from "../openai-tier.ts";
import { createItemIds } from "./item-ids.ts";
import { toStatus, type OutputItem } from "./output-items.ts";
import type { ParsedResponsesRequest } from "./parse-responses-request.ts";

/** OpenAI's `response` object. */
export type ResponseObject = Readonly<Record<string, unknown>> & { readonly id: string };

export interface ResponseState {
  /** What a vendor calls the answer that it began. @default made from the request's id */
  readonly id?: string;
  readonly rescue?: RescueNote;
  /** Absent: the answer is on its way, or failed. */
  readonly finishReason?: FinishReason;
  /** The answer says that the model declines, and is whole. */
  readonly isRefusal?: boolean;
  readonly error?: HeadgateError;
  readonly output: readonly OutputItem[];
  readonly usage?: Usage;
  readonly completedAtMs?: number;
  /** Whether the answer is kept. @default as the client wanted it */
  readonly isStored?: boolean;
}

export function toResponseObject(
  head: DialectHead,
  request: Pick<ParsedResponsesRequest, "echo" | "isStored">,
  state: ResponseState,
): ResponseObject {
  const { finishReason, error, output, usage } = state;
  const { echo } = request;
  const status = error
    ? "failed"
    : finishReason === undefined
      ? "in_progress"
      : toStatus(finishReason, state.isRefusal);
  const isCompleted = status === "completed" && state.completedAtMs !== undefined;
  return {
    id: state.id ?? createItemIds(head.requestId).response,
    object: "response",
    created_at: toSeconds(head.createdAtMs),
    status,
    completed_at: isCompleted ? toSeconds(state.completedAtMs) : null,
    error: error ? { code: toErrorCode(error), message: error.message } : null,
    incomplete_details: status === "incomplete" ? { reason: toIncompleteReason(finishReason) } : null,
    model: head.model,
    output,
    ...echo,
    // What was asked for is not what was served.
    service_tier: toForeignTier(usage?.serviceTier) ?? null,
    store: state.isStored ?? request.isStored,
    ...(usage ? { usage: toForeignUsage(usage) } : {}),
    ...(state.rescue ? { headgate: state.rescue } : {}),
  };
}

function toIncompleteReason(reason: FinishReason | undefined): string {
  return reason === "length" ? "max_output_tokens" : "content_filter";
}

// The codes of a failed response are a closed set.
function toErrorCode({ code }: HeadgateError): string {
  return code === "provider_rate_limited" ? "rate_limit_exceeded" : "server_error";
}

function toForeignUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
