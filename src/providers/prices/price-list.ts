import type { calcPrice, ModelInfo, ModelPrice } from "@pydantic/genai-prices";
import type { Clock } from "../../clock.ts";

/** What the list knows of a model at this moment. */
export interface ListedModel {
  readonly price: ModelPrice;
  readonly info: ModelInfo;
}

/** The prices of hosted models that come with Headgate: nothing is fetched. */
export interface PriceBook {
  /** Null for a model that the list does not know. */
  find(vendorId: string, model: string): ListedModel | null;
}

/** Chat clients may name any model, so what is kept of their names is bounded. */
const maxKnown = 1000;

/** It takes some 40 ms to load, which a start without a priced call is spared. @throws if the package cannot be loaded */
export async function loadPriceBook(clock: Clock): Promise<PriceBook> {
  const { calcPrice: calculate } = await import("@pydantic/genai-prices");
  const known = new Map<string, ListedModel | null>();
  return {
    find: (vendorId, model) => {
      const key = `${vendorId} ${model}`;
      const kept = known.get(key);
      if (kept !== undefined) return kept;
      const found = look(calculate, vendorId, { model, clock });
      // Prices with dates or hours are looked up anew each time.
      if (!found || !Array.isArray(found.info.prices)) {
        if (known.size >= maxKnown) known.clear();
        known.set(key, found);
      }
      return found;
    },
  };
}

function look(
  calculate: typeof calcPrice,
  providerId: string,
  { model, clock }: { readonly model: string; readonly clock: Clock },
): ListedModel | null {
  try {
    // Of no tokens: only the list's own choice of model and date is of use here.
    const usage = { input_tokens: 0, output_tokens: 0 };
    const result = calculate(usage, model, { providerId, timestamp: new Date(clock.now()) });
    return result && { price: result.model_price, info: result.model };
  } catch {
    return null;
  }
}
