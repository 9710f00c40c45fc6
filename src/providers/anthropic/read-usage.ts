import type { Usage } from "../../reply.ts";
import { isRecord } from "../../json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Adds up what one answer says of its usage, in one place or in several. */
export interface UsageTally {
  /** Takes in a `usage` object. Its numbers are totals so far: each one replaces the last. Anything else changes nothing. */
  read(usage: unknown): void;
  /** Undefined unless both input and output were reported. */
  toUsage(): Usage | undefined;
}

interface Counts {
  input?: number;
  output?: number;
  cacheRead?: number;
  cacheWrite?: number;
  cacheWrite1h?: number;
  thinking?: number;
}

export function createUsageTally(): UsageTally {
  let total: Counts = {};
  let compaction: Counts = {};
  let serviceTier: string | undefined;
  let isFast = false;
  return {
    read: (usage) => {
      if (!isRecord(usage)) return;
      total = { ...total, ...readCounts(usage) };
      if (Array.isArray(usage["iterations"])) compaction = sumCompactions(usage["iterations"]);
      if (typeof usage["service_tier"] === "string") serviceTier = usage["service_tier"];
      isFast ||= usage["speed"] === "fast";
    },
    // Its fast mode has prices of its own, as tiers have.
    toUsage: () => toUsage(total, compaction, isFast ? "fast" : serviceTier),
  };
}

function toUsage(total: Counts, compaction: Counts, serviceTier: string | undefined): Usage | undefined {
  if (total.input === undefined || total.output === undefined) return undefined;
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, thinking } = add(total, compaction);
  const written1h = cacheWrite1h === undefined ? undefined : Math.min(cacheWrite1h, cacheWrite ?? 0);
  return {
    inputTokens: (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
    outputTokens: output ?? 0,
    ...(cacheRead === undefined ? {} : { cachedInputTokens: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
    ...(written1h === undefined ? {} : { cacheWrite1hTokens: written1h }),
    ...(thinking === undefined ? {} : { reasoningTokens: thinking }),
    ...(serviceTier === undefined ? {} : { serviceTier: serviceTier === "standard" ? "default" : serviceTier }),
  };
}

/** Only what is there: a missing or null count leaves the one that was reported before. */
function readCounts(usage: Fields): Counts {
  const split = isRecord(usage["cache_creation"]) ? usage["cache_creation"] : {};
  const details = isRecord(usage["output_tokens_details"]) ? usage["output_tokens_details"] : {};
  const written5m = toCount(split["ephemeral_5m_input_tokens"]);
  const written1h = toCount(split["ephemeral_1h_input_tokens"]);
  const written = written5m === undefined && written1h === undefined ? undefined : (written5m ?? 0) + (written1h ?? 0);
  const counts: Counts = {
    input: toCount(usage["input_tokens"]),
    output: toCount(usage["output_tokens"]),
    cacheRead: toCount(usage["cache_read_input_tokens"]),
    cacheWrite: toCount(usage["cache_creation_input_tokens"]) ?? written,
    cacheWrite1h: written1h,
    thinking: toCount(details["thinking_tokens"]),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
}

/** Summaries of a long conversation are billed as well, and the totals leave them out. */
function sumCompactions(iterations: readonly unknown[]): Counts {
  const found = iterations.filter(isRecord).filter((iteration) => iteration["type"] === "compaction");
  return found.map(readCounts).reduce<Counts>(add, {});
}

function add(left: Counts, right: Counts): Counts {
  const sum: Counts = { ...left };
  for (const [name, count] of Object.entries(right) as [keyof Counts, number][]) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function toCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
