import type { FinishReason, Usage } from "../../reply.ts";

/** Anthropic's usage: `input_tokens` leaves out what was read from a cache or written to one. Zeros if the provider tells none. */
export function toMessageUsage(usage: Usage | undefined): Record<string, unknown> {
  const { cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage ?? {};
  return {
    ...toDeltaUsage(usage),
    cache_creation: {
      ephemeral_5m_input_tokens: Math.max(0, cacheWriteTokens - cacheWrite1hTokens),
      ephemeral_1h_input_tokens: cacheWrite1hTokens,
    },
    service_tier: toServiceTier(usage?.serviceTier),
    inference_geo: null,
  };
}

/** The counts as a stream's `message_delta` has them. */
export function toDeltaUsage(usage: Usage | undefined): Record<string, unknown> {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage ?? {};
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens: outputTokens,
    ...(usage?.reasoningTokens === undefined
      ? {}
      : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
    server_tool_use: null,
  };
}

/** @param rawReason the vendor's own word, which says more where it is one of Anthropic's */
export function toStopReason(reason: FinishReason, rawReason: string | undefined): string {
  const isOwn = rawReason !== undefined && ownReasons.get(rawReason) === reason;
  return isOwn ? rawReason : stopReasons[reason];
}

/** Anthropic's words, as far as those for all vendors say less. Bedrock's models have some of them, too. */
const ownReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop_sequence", "stop"],
  ["model_context_window_exceeded", "length"],
  ["pause_turn", "other"],
]);

const stopReasons = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  other: "end_turn",
} as const satisfies Record<FinishReason, string>;

function toServiceTier(tier: string | undefined): string | null {
  if (tier === "default") return "standard";
  return tier === "standard" || tier === "priority" || tier === "batch" ? tier : null;
}
