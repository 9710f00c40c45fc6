import type { Usage } from "../../reply.ts";
import { isRecord } from "../../json.ts";

/** Undefined unless both input and output were reported. @param tier `serviceTier` beside it */
export function parseUsage(value: unknown, tier?: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const input = toCount(value["inputTokens"]);
  const output = toCount(value["outputTokens"]);
  if (input === undefined || output === undefined) return undefined;
  const read = toCount(value["cacheReadInputTokens"]);
  const written = toCount(value["cacheWriteInputTokens"]);
  const written1h = sumWritten1h(value["cacheDetails"]);
  const cached = (read ?? 0) + (written ?? 0);
  // The input leaves out what the cache read and wrote; only the total tells whether a model counts otherwise.
  const isWithin = cached > 0 && cached <= input && value["totalTokens"] === input + output;
  const serviceTier = isRecord(tier) && typeof tier["type"] === "string" ? tier["type"] : undefined;
  return {
    inputTokens: isWithin ? input : input + cached,
    outputTokens: output,
    ...(read === undefined ? {} : { cachedInputTokens: read }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(written1h === undefined ? {} : { cacheWrite1hTokens: Math.min(written1h, written ?? 0) }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

function sumWritten1h(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  const found = details.filter(isRecord).filter((detail) => detail["ttl"] === "1h");
  return found.length === 0 ? undefined : found.reduce((sum, detail) => sum + (toCount(detail["inputTokens"]) ?? 0), 0);
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
