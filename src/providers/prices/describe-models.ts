import type { ModelPrice } from "@pydantic/genai-prices";
import type { Clock } from "../../clock.ts";
import type { ModelCapability, PriceOptions, ProviderOptions } from "../../endpoint/define-config.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import { findListed } from "./find-listed.ts";
import { loadPriceBook, type ListedModel } from "./price-list.ts";
import { readRates } from "./read-rates.ts";

/** A model of the config at one of its deployments, with what is known of it. */
export interface DescribedModel {
  /** As clients call it. */
  readonly name: string;
  readonly provider: string;
  /** As the provider calls it. */
  readonly model: string;
  /** Its share of the model's calls, against those of the model's other deployments. */
  readonly weight: number;
  /** Tiers that lead to it. */
  readonly tiers: readonly string[];
  /** Null: unknown. */
  readonly price: DescribedPrice | null;
  /** In tokens. Null: unknown. */
  readonly contextWindow: number | null;
  readonly capabilities: readonly ModelCapability[];
}

interface DescribedPrice {
  readonly from: "config" | "list" | "built-in";
  readonly inputPerMillionUsd: number;
  /** Null: it only embeds. */
  readonly outputPerMillionUsd: number | null;
  readonly cachedInputPerMillionUsd?: number;
  readonly cacheWritePerMillionUsd?: number;
  readonly perRequestUsd?: number;
  /** Long inputs cost more than this. */
  readonly isTiered?: boolean;
}

/** Works from the config and the price list alone: nothing is asked. */
export async function describeModels(snapshot: Snapshot, clock: Clock): Promise<readonly DescribedModel[]> {
  const book = await loadPriceBook(clock);
  return [...snapshot.models.values()].flatMap((entry) =>
    entry.deployments.map((deployment) => {
      const listed = findListed(deployment, snapshot, book);
      return {
        name: entry.name,
        ...deployment,
        tiers: [...snapshot.tiers].flatMap(([tier, models]) => (models.includes(entry.name) ? [tier] : [])),
        price: toPrice(entry.price, snapshot.providers.get(deployment.provider), listed),
        contextWindow: entry.contextWindow ?? listed?.info.context_window ?? null,
        capabilities: entry.capabilities ?? (listed ? toCapabilities(listed.price) : []),
      };
    }),
  );
}

function toPrice(
  price: PriceOptions | undefined,
  provider: ProviderOptions | undefined,
  listed: ListedModel | null,
): DescribedPrice | null {
  if (price) return { from: "config", ...price };
  if (provider?.type === "local") {
    return { from: "built-in", inputPerMillionUsd: 0, outputPerMillionUsd: 0 };
  }
  return listed && readRates(listed.price) ? toListedPrice(listed.price) : null;
}

function toListedPrice(price: ModelPrice): DescribedPrice {
  const base = (key: string): number | undefined => {
    const value = price[key];
    return typeof value === "object" ? value.base : value;
  };
  const [read, write, requests] = [base("cache_read_mtok"), base("cache_write_mtok"), base("requests_kcount")];
  return {
    from: "list",
    inputPerMillionUsd: base("input_mtok") ?? 0,
    outputPerMillionUsd: base("output_mtok") ?? null,
    ...(read === undefined ? {} : { cachedInputPerMillionUsd: read }),
    ...(write === undefined ? {} : { cacheWritePerMillionUsd: write }),
    ...(requests === undefined ? {} : { perRequestUsd: requests / 1000 }),
    ...(typeof price["input_mtok"] === "object" ? { isTiered: true } : {}),
  };
}

/** The list has prices only: what is priced exists. */
function toCapabilities(price: ModelPrice): ModelCapability[] {
  return [
    ...(price["input_audio_mtok"] === undefined ? [] : (["audio"] as const)),
    ...(price["cache_read_mtok"] === undefined ? [] : (["caching"] as const)),
    ...(price["output_mtok"] === undefined && price["input_mtok"] !== undefined ? (["embeddings"] as const) : []),
  ];
}
