import type { ModelPrice } from "@pydantic/genai-prices";
import type { AttemptNote, Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { ProviderOptions } from "../../endpoint/define-config.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import type { Usage } from "../../reply.ts";
import { findShare, findVendorId } from "./list-vendors.ts";
import { loadPriceBook, type PriceBook } from "./price-list.ts";
import { computeCost, type Rates } from "./rates.ts";
import { readRates, toOwnRates } from "./read-rates.ts";

/** Integer micro-dollars of one model call, null if its price is unknown. A promise only until the list is loaded. */
export type PriceList = (
  attempt: Pick<AttemptNote, "provider" | "model" | "usage">,
  call: Pick<Call, "snapshot">,
) => number | null | Promise<number | null>;

/** A model whose calls have no price, and why. */
export interface UnknownPrice {
  readonly provider: string;
  readonly model: string;
  /** One sentence, with what to do. */
  readonly why: string;
}

export interface PriceListOptions {
  readonly clock: Clock;
  /** Called once for each model. */
  readonly onUnknown?: (unknown: UnknownPrice) => void;
}

const reasons = {
  vendor: "It is not served by a vendor of the price list. Set models.<name>.price in the config.",
  model: "The price list does not know it. Set models.<name>.price in the config.",
  part: "The price list has no price for a part of its usage. Set models.<name>.price in the config.",
  tier: "It was served at a service tier whose price is not known. Set models.<name>.price in the config.",
} as const;

/** Names that clients made up are not remembered without end. */
const maxTold = 1000;

/** What model calls cost: by the config where it says so, else by the list that comes with Headgate. */
export function createPriceList({ clock, onUnknown }: PriceListOptions): PriceList {
  const vendors = new WeakMap<ProviderOptions, { readonly id: string | null }>();
  const ratesOf = new WeakMap<ModelPrice, { readonly rates: Rates | undefined }>();
  const findOwn = createOwnPrices();
  const told = new Set<string>();
  let book: PriceBook | undefined;
  let loading: Promise<PriceBook | undefined> | undefined;

  function tell(provider: string, model: string, reason: keyof typeof reasons): null {
    const key = `${provider} ${model}`;
    if (told.has(key) || told.size >= maxTold) return null;
    told.add(key);
    onUnknown?.({ provider, model, why: reasons[reason] });
    return null;
  }

  function price(
    loaded: PriceBook,
    vendorId: string,
    attempt: { provider: string; model: string; usage: Usage },
  ): number | null {
    const { provider, model, usage } = attempt;
    const listed = loaded.find(vendorId, model);
    if (!listed) return tell(provider, model, "model");
    const known = ratesOf.get(listed.price) ?? { rates: readRates(listed.price) };
    ratesOf.set(listed.price, known);
    if (!known.rates) return tell(provider, model, "part");
    const share = findShare(vendorId, usage.serviceTier);
    if (!share) return tell(provider, model, "tier");
    return computeCost(usage, known.rates, share) ?? tell(provider, model, "part");
  }

  async function load(): Promise<PriceBook | undefined> {
    try {
      return (book = await loadPriceBook(clock));
    } catch {
      // A call without a price is better than a call without a record.
      return undefined;
    }
  }

  return ({ provider, model, usage }, { snapshot }) => {
    const options = snapshot.providers.get(provider);
    if (!options || !usage) return null;
    const own = findOwn(snapshot, provider, model);
    if (own) return computeCost(usage, own);
    if (options.type === "local") return 0;
    const vendor = vendors.get(options) ?? { id: findVendorId(options) };
    vendors.set(options, vendor);
    const { id } = vendor;
    if (id === null) return tell(provider, model, "vendor");
    if (book) return price(book, id, { provider, model, usage });
    loading ??= load();
    return loading.then((loaded) =>
      loaded ? price(loaded, id, { provider, model, usage }) : tell(provider, model, "model"),
    );
  };
}

function toOwnPrices({ price, deployments }: ModelEntry): (readonly [key: string, rates: Rates])[] {
  if (!price) return [];
  const rates = toOwnRates(price);
  return deployments.map(({ provider, model }) => [`${provider}/${model}`, rates]);
}

/** Prices of the config, by provider and model: they hold by whichever name a call came. */
function createOwnPrices(): (snapshot: Snapshot, provider: string, model: string) => Rates | undefined {
  const bySnapshot = new WeakMap<Snapshot, ReadonlyMap<string, Rates>>();
  return (snapshot, provider, model) => {
    let prices = bySnapshot.get(snapshot);
    if (!prices) {
      const priced = [...snapshot.models.values()].flatMap(toOwnPrices);
      prices = new Map(priced);
      bySnapshot.set(snapshot, prices);
    }
    return prices.size === 0 ? undefined : prices.get(`${provider}/${model}`);
  };
}
