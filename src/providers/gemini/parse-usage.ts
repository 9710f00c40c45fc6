import { isRecord } from "../../json.ts";
import type { Usage } from "../../reply.ts";

/**
 * Reads `usageMetadata`. What Google's own tools fed to the model is input too, and thoughts are output beside the
 * candidates. Undefined without a count of the prompt: Vertex begins its streams with metadata that count nothing.
 */
export function parseUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const promptTokens = toCount(value["promptTokenCount"]);
  if (promptTokens === undefined) return undefined;
  const inputTokens = promptTokens + (toCount(value["toolUsePromptTokenCount"]) ?? 0);
  const candidatesTokens = toCount(value["candidatesTokenCount"]) ?? 0;
  const thoughtsTokens = toCount(value["thoughtsTokenCount"]);
  const cachedTokens = toCount(value["cachedContentTokenCount"]);
  // Some of Google's servers have counted thoughts among the candidates; only the total tells.
  const isInside = thoughtsTokens !== undefined && value["totalTokenCount"] === inputTokens + candidatesTokens;
  const serviceTier = toServiceTier(value["serviceTier"] ?? value["trafficType"]);
  return {
    inputTokens,
    outputTokens: candidatesTokens + (isInside ? 0 : (thoughtsTokens ?? 0)),
    ...(cachedTokens === undefined ? {} : { cachedInputTokens: Math.min(cachedTokens, inputTokens) }),
    ...(thoughtsTokens === undefined ? {} : { reasoningTokens: thoughtsTokens }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

const serviceTiers: Readonly<Record<string, string>> = {
  standard: "default",
  flex: "flex",
  priority: "priority",
  batch: "batch",
  ON_DEMAND: "default",
  ON_DEMAND_FLEX: "flex",
  ON_DEMAND_PRIORITY: "priority",
};

function toServiceTier(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(serviceTiers, value) ? serviceTiers[value] : undefined;
}

export function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
