import type { Usage } from "../../reply.ts";

/**
 * Prices are kept as whole billionths of a micro-dollar, so that sums are exact. A dollar per million tokens is a
 * micro-dollar per token.
 */
const scale = 1_000_000_000n;

/** The price of one token. */
export interface Rate {
  readonly base: bigint;
  /** From more than `start` input tokens on, for the whole call; ascending. */
  readonly tiers: readonly { readonly start: number; readonly price: bigint }[];
}

/** What a model costs. Absent: the vendor has no such price. */
export interface Rates {
  readonly input: Rate;
  /** @default no output is priced, as of embeddings */
  readonly output?: Rate;
  /** @default as other input */
  readonly cacheRead?: Rate;
  /** @default as other input */
  readonly cacheWrite?: Rate;
  /** @default unknown where other writes have a price of their own */
  readonly cacheWrite1h?: Rate;
  /** @default as other output */
  readonly reasoning?: Rate;
  readonly audioInput?: Rate;
  readonly audioOutput?: Rate;
  readonly request?: bigint;
}

/** A price as config and price list give it: dollars for a million tokens. */
export type PerMillion =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] };

export function toRate(price: PerMillion): Rate {
  if (typeof price === "number") return { base: toScaled(price), tiers: [] };
  const tiers = price.tiers.map(({ start, price: higher }) => ({ start, price: toScaled(higher) }));
  return { base: toScaled(price.base), tiers };
}

/** @param microUsd at most a billionth of it is kept */
export function toScaled(microUsd: number): bigint {
  return BigInt(Math.round(microUsd * Number(scale)));
}

/** A share of the price, such as the half that a slower tier costs. */
export interface Share {
  readonly of: bigint;
  readonly from: bigint;
}

/**
 * Whole micro-dollars of one model call, rounded to the nearest one, half of one up. Null where a part has no price.
 * Parts that contradict the total, such as more cached tokens than there are, are cut to it.
 */
export function computeCost(usage: Usage, rates: Rates, share: Share = { of: 1n, from: 1n }): number | null {
  const parts = listParts(usage, rates);
  if (!parts) return null;
  const sum = parts.reduce((total, { cost }) => total + cost, 0n) * share.of;
  const unit = scale * share.from;
  return Number((sum * 2n + unit) / (unit * 2n));
}

export interface CostPart {
  readonly name: string;
  readonly tokens: number;
  /** In billionths of a micro-dollar. */
  readonly cost: bigint;
}

/** What the tokens of each price cost; undefined if one has no price. */
export function listParts(usage: Usage, rates: Rates): readonly CostPart[] | undefined {
  const { inputTokens } = usage;
  const counted = countTokens(usage, rates);
  const { input, output } = rates;
  const named: readonly (readonly [name: string, tokens: number, rate: Rate | undefined])[] = [
    ["input", counted.input, input],
    ["cacheRead", counted.cacheRead, rates.cacheRead ?? input],
    ["cacheWrite", counted.cacheWrite, rates.cacheWrite ?? input],
    ["cacheWrite1h", counted.cacheWrite1h, rates.cacheWrite1h ?? (rates.cacheWrite ? undefined : input)],
    ["audioInput", counted.audioInput, rates.audioInput],
    ["output", counted.output, output],
    ["reasoning", counted.reasoning, rates.reasoning ?? output],
    ["audioOutput", counted.audioOutput, rates.audioOutput],
  ];
  const parts: CostPart[] = [];
  for (const [name, tokens, rate] of named) {
    if (tokens === 0) continue;
    if (!rate) return undefined;
    parts.push({ name, tokens, cost: BigInt(tokens) * priceAt(rate, inputTokens) });
  }
  if (rates.request !== undefined) parts.push({ name: "request", tokens: 0, cost: rates.request });
  return parts;
}

function priceAt({ base, tiers }: Rate, inputTokens: number): bigint {
  return tiers.findLast(({ start }) => inputTokens > start)?.price ?? base;
}

type Counts = Readonly<
  Record<
    "input" | "cacheRead" | "cacheWrite" | "cacheWrite1h" | "audioInput" | "output" | "reasoning" | "audioOutput",
    number
  >
>;

/** Every token once. */
function countTokens(usage: Usage, rates: Rates): Counts {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, cacheWrite1hTokens = 0 } = usage;
  const { reasoningTokens = 0, audioInputTokens = 0, audioOutputTokens = 0 } = usage;
  const cacheRead = Math.min(cachedInputTokens, inputTokens);
  const written = Math.min(cacheWriteTokens, inputTokens - cacheRead);
  const cacheWrite1h = Math.min(cacheWrite1hTokens, written);
  const audioInput = Math.min(audioInputTokens, inputTokens - cacheRead - written);
  const reasoning = rates.reasoning ? Math.min(reasoningTokens, outputTokens) : 0;
  const audioOutput = Math.min(audioOutputTokens, outputTokens - reasoning);
  return {
    input: inputTokens - cacheRead - written - audioInput,
    cacheRead,
    cacheWrite: written - cacheWrite1h,
    cacheWrite1h,
    audioInput,
    output: outputTokens - reasoning - audioOutput,
    reasoning,
    audioOutput,
  };
}
