import type { Deployment, Snapshot } from "../../endpoint/snapshot.ts";
import { findVendorId } from "./list-vendors.ts";
import type { ListedModel, PriceBook } from "./price-list.ts";

/** What the list knows of a model where it runs. */
export function findListed(
  { provider, model }: Deployment,
  { providers }: Snapshot,
  book: PriceBook,
): ListedModel | null {
  const options = providers.get(provider);
  const vendorId = options ? findVendorId(options) : null;
  return vendorId === null ? null : book.find(vendorId, model);
}
