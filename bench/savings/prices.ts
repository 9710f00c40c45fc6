import { calcPrice } from "@pydantic/genai-prices";
import type { PriceOptions } from "../../src/endpoint/define-config.ts";
import { tiers, type Tier } from "./item.ts";
import { modelOf } from "./parameters.ts";

/** What the models cost by the price list that comes with Headgate, in US dollars for a million tokens. */
export const prices: Readonly<Record<Tier, PriceOptions>> = {
  fast: findPrice("fast"),
  standard: findPrice("standard"),
  smart: findPrice("smart"),
};

export interface TokenCounts {
  readonly calls: number;
  readonly inputTokens: number;
  /** Of the input. */
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly costMicroUsd: number;
}

export const noTokens: TokenCounts = {
  calls: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  costMicroUsd: 0,
};

export function addCounts(left: TokenCounts, right: TokenCounts): TokenCounts {
  return {
    calls: left.calls + right.calls,
    inputTokens: left.inputTokens + right.inputTokens,
    cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    costMicroUsd: left.costMicroUsd + right.costMicroUsd,
  };
}

export function sumTiers(byTier: Readonly<Record<Tier, TokenCounts>>): TokenCounts {
  return tiers.map((tier) => byTier[tier]).reduce(addCounts, noTokens);
}

/**
 * The bill of the simulated provider for one call, in micro-dollars. It does not use Headgate's own arithmetic: the two are
 * held against each other.
 */
export function bill(
  tier: Tier,
  counts: Pick<TokenCounts, "inputTokens" | "cachedInputTokens" | "outputTokens">,
): number {
  const { inputPerMillionUsd, cachedInputPerMillionUsd, outputPerMillionUsd } = prices[tier];
  const { inputTokens, cachedInputTokens, outputTokens } = counts;
  const nanoUsd =
    (inputTokens - cachedInputTokens) * toNanoUsd(inputPerMillionUsd) +
    cachedInputTokens * toNanoUsd(cachedInputPerMillionUsd ?? inputPerMillionUsd) +
    outputTokens * toNanoUsd(outputPerMillionUsd);
  return Math.floor((nanoUsd + 500) / 1000);
}

/** Of one token. */
function toNanoUsd(perMillionUsd: number): number {
  return Math.round(perMillionUsd * 1000);
}

function findPrice(tier: Tier): PriceOptions {
  const model = modelOf[tier];
  const price = calcPrice({ input_tokens: 1 }, model, { providerId: "openai" })?.model_price;
  const [input, cached, output] = [price?.["input_mtok"], price?.["cache_read_mtok"], price?.["output_mtok"]];
  if (typeof input !== "number" || typeof cached !== "number" || typeof output !== "number")
    throw new Error(`The price list has no simple price for ${model}: choose another model in parameters.ts.`);
  return { inputPerMillionUsd: input, cachedInputPerMillionUsd: cached, outputPerMillionUsd: output };
}
