import type { ModelPrice } from "@pydantic/genai-prices";
import type { Clock } from "../../clock.ts";
import type { ModelCapability } from "../../endpoint/define-config.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import { findVendorId } from "./list-vendors.ts";
import { loadPriceBook, type ListedModel, type PriceBook } from "./price-list.ts";
import { readRates } from "./read-rates.ts";

/** A model of the config, with what is known of it. */
export interface DescribedModel {
  /** As clients call it. */
  readonly name: string;
  readonly provider: string;
  /** As the provider calls it. */
  readonly model: string;
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
  return [...snapshot.models].map(([name, entry]) => {
    const listed = findListed(entry, snapshot, book);
    return {
      name,
      provider: entry.provider,
      model: entry.model,
      tiers: [...snapshot.tiers].flatMap(([tier, model]) => (model === name ? [tier] : [])),
      price: toPrice(entry, snapshot, listed),
      contextWindow: entry.contextWindow ?? listed?.info.context_window ?? null,
      capabilities: entry.capabilities ?? (listed ? toCapabilities(listed.price) : []),
    };
  });
}

function findListed({ provider, model }: ModelEntry, { providers }: Snapshot, book: PriceBook): ListedModel | null {
  const options = providers.get(provider);
  const vendorId = options ? findVendorId(options) : null;
  return vendorId === null ? null : book.find(vendorId, model);
}

function toPrice(
  { price, provider }: ModelEntry,
  { providers }: Snapshot,
  listed: ListedModel | null,
): DescribedPrice | null {
  if (price) return { from: "config", ...price };
  if (providers.get(provider)?.type === "local") {
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
