import { isRecord } from "../../json.ts";
import type { Usage } from "../../reply.ts";

/**
 * Undefined unless the provider reported both counts.
 * @param tier where the answer itself says at which service tier it was served
 */
export function parseUsage(value: unknown, tier?: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const inputTokens = toCount(value["prompt_tokens"]);
  const completionTokens = toCount(value["completion_tokens"]);
  if (inputTokens === undefined || completionTokens === undefined) return undefined;
  const input = value["prompt_tokens_details"];
  const output = value["completion_tokens_details"];
  const reported = toCount(at(output, "reasoning_tokens")) ?? toCount(value["reasoning_tokens"]);
  const beside = countBeside({ inputTokens, completionTokens, reported, total: toCount(value["total_tokens"]) });
  const reasoningTokens = reported ?? (beside > 0 ? beside : undefined);
  const outputTokens = completionTokens + beside;
  const cachedTokens =
    toCount(at(input, "cached_tokens")) ??
    toCount(value["prompt_cache_hit_tokens"]) ??
    toCount(value["num_cached_tokens"]);
  // Azure has been seen to report more cached tokens than there were.
  const cachedInputTokens = cachedTokens === undefined ? undefined : Math.min(cachedTokens, inputTokens);
  const written = toCount(at(input, "cache_write_tokens")) ?? toCount(value["cache_creation_input_tokens"]);
  const audioInput = toCount(at(input, "audio_tokens"));
  const audioOutput = toCount(at(output, "audio_tokens"));
  const serviceTier = toTier(tier) ?? toTier(value["service_tier"]);
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    ...(written ? { cacheWriteTokens: Math.min(written, inputTokens - (cachedInputTokens ?? 0)) } : {}),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens: Math.min(reasoningTokens, outputTokens) }),
    ...(audioInput ? { audioInputTokens: Math.min(audioInput, inputTokens) } : {}),
    ...(audioOutput ? { audioOutputTokens: Math.min(audioOutput, outputTokens) } : {}),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

interface Counts {
  readonly inputTokens: number;
  readonly completionTokens: number;
  readonly reported: number | undefined;
  readonly total: number | undefined;
}

/**
 * Output tokens that `completion_tokens` leaves out. xAI and Perplexity count reasoning beside the completion, Google's
 * OpenAI address does not even name it, everyone else has it inside; only the total tells.
 */
function countBeside({ inputTokens, completionTokens, reported = 0, total = 0 }: Counts): number {
  const rest = total - inputTokens - completionTokens;
  if (rest > 0 && (reported === 0 || reported === rest)) return rest;
  return reported > completionTokens ? reported : 0;
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function toTier(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
