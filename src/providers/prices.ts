import type { calcPrice, ModelPrice, TieredPrices } from "@pydantic/genai-prices";
import type { AttemptNote, Call } from "../call.ts";
import type { Usage } from "../reply.ts";
import type { Clock } from "../clock.ts";
import type { ProviderOptions } from "../endpoint/define-config.ts";
import { findBaseUrl } from "../endpoint/vendors.ts";

/** Integer micro-dollars of one model call, null if its price is unknown. A promise only until the list is loaded. */
export type PriceList = (
  attempt: Pick<AttemptNote, "provider" | "model" | "usage">,
  call: Pick<Call, "snapshot">,
) => number | null | Promise<number | null>;

type Calculate = typeof calcPrice;

/** The price of one model's call. A dollar per million tokens is a micro-dollar per token. */
type Pricing = (usage: Usage) => number | null;

/** Vendors by the host that they serve at. Elsewhere a model of the same name is not priced as the vendor's. */
const vendorIds: ReadonlyMap<string, string> = new Map([
  ["api.openai.com", "openai"],
  ["api.groq.com", "groq"],
  ["api.mistral.ai", "mistral"],
  ["api.deepseek.com", "deepseek"],
  ["openrouter.ai", "openrouter"],
]);

/** Chat clients may name any model, so what is kept of their names is bounded. */
const maxPricings = 1000;

/** Prices of hosted models, from a list that comes with Headgate: nothing is fetched. */
export function createPriceList(clock: Clock): PriceList {
  const vendors = new WeakMap<ProviderOptions, string | null>();
  const pricings = new Map<string, Pricing>();
  let calculate: Calculate | undefined;
  let loading: Promise<Calculate | undefined> | undefined;

  function findVendor(provider: ProviderOptions): string | null {
    const known = vendors.get(provider);
    if (known !== undefined) return known;
    const baseUrl = findBaseUrl(provider);
    const vendor = baseUrl === undefined ? null : (vendorIds.get(new URL(baseUrl).host) ?? null);
    vendors.set(provider, vendor);
    return vendor;
  }

  function price(loaded: Calculate, vendor: string, model: string, usage: Usage): number | null {
    const key = `${vendor} ${model}`;
    let pricing = pricings.get(key);
    if (!pricing) {
      pricing = createPricing({ calculate: loaded, vendor, model, clock });
      if (pricings.size >= maxPricings) pricings.clear();
      pricings.set(key, pricing);
    }
    return pricing(usage);
  }

  // It takes some 40 ms to load, which a start without a priced call is spared.
  async function load(): Promise<Calculate | undefined> {
    try {
      ({ calcPrice: calculate } = await import("@pydantic/genai-prices"));
      return calculate;
    } catch {
      // A call without a price is better than a call without a record.
      return undefined;
    }
  }

  return ({ provider, model, usage }, { snapshot }) => {
    const options = snapshot.providers.get(provider);
    if (!options || !usage) return null;
    if (options.type === "local") return 0;
    const vendor = findVendor(options);
    if (vendor === null) return null;
    if (calculate) return price(calculate, vendor, model, usage);
    loading ??= load();
    return loading.then((loaded) => (loaded ? price(loaded, vendor, model, usage) : null));
  };
}

interface PricingOptions {
  readonly calculate: Calculate;
  readonly vendor: string;
  readonly model: string;
  readonly clock: Clock;
}

function createPricing({ calculate, vendor, model, clock }: PricingOptions): Pricing {
  const calculateNow = (usage: Usage): ReturnType<Calculate> => {
    const timestamp = new Date(clock.now());
    try {
      return calculate(toListUsage(usage), model, { providerId: vendor, timestamp });
    } catch {
      // It throws for usage that contradicts itself.
      return null;
    }
  };
  const sample = calculateNow({ inputTokens: 0, outputTokens: 0 });
  // An entry without them is no price of a text model, and would come to 0.
  if (!sample || sample.model_price["input_mtok"] === undefined || sample.model_price["output_mtok"] === undefined) {
    return () => null;
  }
  return (Array.isArray(sample.model.prices) ? undefined : toSteadyPricing(sample.model_price)) ?? currentPricing;

  function currentPricing(usage: Usage): number | null {
    const result = calculateNow(usage);
    return result && Math.round(result.total_price * 1e6);
  }
}

function toListUsage(usage: Usage): Record<string, number> {
  return {
    input_tokens: usage.inputTokens,
    cache_read_tokens: countCached(usage),
    output_tokens: usage.outputTokens,
    output_reasoning_tokens: Math.min(usage.reasoningTokens ?? 0, usage.outputTokens),
  };
}

/** A price that does not change over time; the list's own calculation takes 10 µs for what is a sum. */
function toSteadyPricing(prices: ModelPrice): Pricing | undefined {
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cacheRead = input } = prices;
  if (input === undefined || output === undefined || cacheRead === undefined) return undefined;
  if (prices["requests_kcount"] !== undefined || prices["output_reasoning_mtok"] !== undefined) return undefined;
  return (usage) => {
    const { inputTokens, outputTokens } = usage;
    const cached = countCached(usage);
    const cost =
      (inputTokens - cached) * findRate(input, inputTokens) +
      cached * findRate(cacheRead, inputTokens) +
      outputTokens * findRate(output, inputTokens);
    return Math.round(cost);
  };
}

/** A tier holds for the whole call, output too, once the input is longer than its start. */
function findRate(price: number | TieredPrices, inputTokens: number): number {
  if (typeof price === "number") return price;
  return price.tiers.findLast(({ start }) => inputTokens > start)?.price ?? price.base;
}

function countCached({ inputTokens, cachedInputTokens = 0 }: Usage): number {
  return Math.min(cachedInputTokens, inputTokens);
}
