import type { Usage } from "../../reply.ts";
import { isRecord } from "../../json.ts";
import type { SpecificationVersion } from "./foreign-model.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface UsageSource {
  readonly version: SpecificationVersion;
  /** The model's `provider`, such as `anthropic.messages`. */
  readonly provider: string;
  readonly metadata: unknown;
}

/** Undefined unless both input and output were reported. */
export function readUsage(usage: unknown, source: UsageSource): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const counted = source.version === "v2" ? readFlat(usage, source) : readNested(usage);
  const serviceTier = at(at(source.metadata, "openai"), "serviceTier");
  return counted && typeof serviceTier === "string" ? { ...counted, serviceTier } : counted;
}

/** From v3 on the totals hold their parts. */
function readNested({ inputTokens, outputTokens }: Fields): Usage | undefined {
  const input = toCount(at(inputTokens, "total"));
  const output = toCount(at(outputTokens, "total"));
  if (input === undefined || output === undefined) return undefined;
  return toUsage(input, output, {
    cachedInputTokens: toCount(at(inputTokens, "cacheRead")),
    cacheWriteTokens: toCount(at(inputTokens, "cacheWrite")),
    reasoningTokens: toCount(at(outputTokens, "reasoning")),
  });
}

/** In v2 each provider counts as its vendor does. */
function readFlat(usage: Fields, { provider, metadata }: UsageSource): Usage | undefined {
  const input = toCount(usage["inputTokens"]);
  const output = toCount(usage["outputTokens"]);
  if (input === undefined || output === undefined) return undefined;
  const cachedInputTokens = toCount(usage["cachedInputTokens"]);
  const reasoningTokens = toCount(usage["reasoningTokens"]);
  // Anthropic leaves the cache out of its input, wherever it is served.
  const leavesOutCache = /anthropic|bedrock/.test(provider);
  const cacheWriteTokens = leavesOutCache ? findWritten(metadata) : undefined;
  const beside = leavesOutCache ? (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0) : 0;
  // Google counts reasoning beside the output, OpenAI within it; only the total tells.
  const isBeside = reasoningTokens !== undefined && usage["totalTokens"] === input + output + reasoningTokens;
  return toUsage(input + beside, output + (isBeside ? reasoningTokens : 0), {
    cachedInputTokens,
    cacheWriteTokens,
    reasoningTokens,
  });
}

function findWritten(metadata: unknown): number | undefined {
  return (
    toCount(at(at(metadata, "anthropic"), "cacheCreationInputTokens")) ??
    toCount(at(at(at(metadata, "bedrock"), "usage"), "cacheWriteInputTokens"))
  );
}

function toUsage(
  inputTokens: number,
  outputTokens: number,
  parts: Pick<Usage, "cachedInputTokens" | "cacheWriteTokens" | "reasoningTokens">,
): Usage {
  const known = Object.entries(parts).filter(([, count]) => count !== undefined);
  return { inputTokens, outputTokens, ...Object.fromEntries(known) };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

/** `NaN` is what some providers make of what their vendor left out. */
function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
