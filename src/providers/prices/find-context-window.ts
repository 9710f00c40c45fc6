import type { Clock } from "../../clock.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import { findListed } from "./find-listed.ts";
import { loadPriceBook, type PriceBook } from "./price-list.ts";

/** Most tokens of input and answer together at every place where the model runs; undefined: unknown at one of them. */
export type FindContextWindow = (model: ModelEntry, snapshot: Snapshot) => Promise<number | undefined>;

/** Goes by the config where it says so, else by the price list, which is loaded at the first question that needs it. */
export function createContextWindows({ clock }: { readonly clock: Clock }): FindContextWindow {
  let loading: Promise<PriceBook | undefined> | undefined;
  return async (model, snapshot) => {
    if (model.contextWindow !== undefined) return model.contextWindow;
    // Without the list the windows are unknown, which a call can do with.
    loading ??= loadPriceBook(clock).catch(() => undefined);
    const book = await loading;
    if (!book) return undefined;
    const windows = model.deployments.map(
      (deployment) => findListed(deployment, snapshot, book)?.info.context_window ?? Number.NaN,
    );
    const least = Math.min(...windows);
    return Number.isNaN(least) ? undefined : least;
  };
}
