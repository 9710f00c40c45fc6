import type { Usage } from "../../reply.ts";

const counts = [
  "inputTokens",
  "outputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
  "reasoningTokens",
  "audioInputTokens",
  "audioOutputTokens",
] as const;

/** What several model calls were billed together; the service tier is the last one's. */
export function addUsage(spent: readonly Usage[], last: Usage): Usage {
  if (spent.length === 0) return last;
  const all = [...spent, last];
  const sums: Partial<Record<(typeof counts)[number], number>> = {};
  for (const count of counts) {
    const known = all.map((usage) => usage[count]).filter((value) => value !== undefined);
    if (known.length > 0) sums[count] = known.reduce((sum, value) => sum + value, 0);
  }
  const isEstimated = all.some((usage) => usage.isEstimated === true);
  return { ...last, ...sums, ...(isEstimated ? { isEstimated } : {}) };
}
