import { isRecord } from "../../json.ts";
import type { Usage } from "../../reply.ts";

/**
 * Reads `usage` of a response. Undefined unless the provider reported both counts.
 * @param serviceTier the response's `service_tier`
 */
export function parseUsage(value: unknown, serviceTier?: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const input = toCount(value["input_tokens"]);
  const output = toCount(value["output_tokens"]);
  if (input === undefined || output === undefined) return undefined;
  const cached = toCount(at(value["input_tokens_details"], "cached_tokens"));
  const written = toCount(at(value["input_tokens_details"], "cache_write_tokens"));
  const reasoning = toCount(at(value["output_tokens_details"], "reasoning_tokens"));
  const total = value["total_tokens"];
  // OpenAI counts the parts inside; where a server counts them beside, only the total tells.
  const besideInput = cached !== undefined && cached > input && total === input + cached + output ? cached : 0;
  const besideOutput = reasoning !== undefined && total === input + output + reasoning ? reasoning : 0;
  const inputTokens = input + besideInput;
  return {
    inputTokens,
    outputTokens: output + besideOutput,
    // Azure has been seen to report more cached tokens than there were.
    ...(cached === undefined ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(written === undefined ? {} : { cacheWriteTokens: Math.min(written, inputTokens) }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    // `auto` is what was asked for, not what was served.
    ...(typeof serviceTier === "string" && serviceTier !== "auto" ? { serviceTier } : {}),
  };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
