import type { Usage } from "../../reply.ts";
import { isRecord } from "../../json.ts";

/** Undefined unless the provider reported both counts. */
export function parseUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const inputTokens = toCount(value["prompt_tokens"]);
  const completionTokens = toCount(value["completion_tokens"]);
  if (inputTokens === undefined || completionTokens === undefined) return undefined;
  const reasoningTokens = toCount(at(value["completion_tokens_details"], "reasoning_tokens"));
  const cachedTokens =
    toCount(at(value["prompt_tokens_details"], "cached_tokens")) ??
    toCount(value["prompt_cache_hit_tokens"]) ??
    toCount(value["num_cached_tokens"]);
  // xAI counts reasoning beside the completion, everyone else inside it; only the total tells.
  const isBeside =
    reasoningTokens !== undefined && value["total_tokens"] === inputTokens + completionTokens + reasoningTokens;
  return {
    inputTokens,
    outputTokens: completionTokens + (isBeside ? reasoningTokens : 0),
    // Azure has been seen to report more cached tokens than there were.
    ...(cachedTokens === undefined ? {} : { cachedInputTokens: Math.min(cachedTokens, inputTokens) }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
