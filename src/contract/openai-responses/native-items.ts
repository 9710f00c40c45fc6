import { isOwnItemId } from "./item-ids.ts";
import type { Item } from "./responses-request-schema.ts";
import { isSealed } from "../seal.ts";
import { toPlainCallId, unsealReasoning } from "./seal.ts";

export interface NativeItems {
  readonly items: readonly Item[];
  /** False: all items are as they were. */
  readonly hasChanged: boolean;
  /** Reasoning that another vendor sealed was left out. */
  readonly hasLostReasoning: boolean;
}

/** Items as a vendor of the dialect takes them: it looks for ids in its own store, and cannot read what Headgate sealed. */
export function toNativeItems(items: readonly Item[]): NativeItems {
  const native = items.flatMap((item) => toNativeItem(item));
  const hasChanged = native.length !== items.length || native.some((item, index) => item !== items[index]);
  return { items: hasChanged ? native : items, hasChanged, hasLostReasoning: items.some(isOthersReasoning) };
}

function toNativeItem(item: Item): readonly Item[] {
  const isOwn = isOwnItemId(item["id"]);
  if (item["type"] === "reasoning") return toNativeReasoning(item, isOwn);
  const callId = item["call_id"];
  const hasSealedId = typeof callId === "string" && isSealed(callId);
  if (!isOwn && !hasSealedId) return [item];
  const { id: _id, ...unnamed } = item;
  return [{ ...(isOwn ? unnamed : item), ...(hasSealedId ? { call_id: toPlainCallId(callId) } : {}) }];
}

function isOthersReasoning({ type, encrypted_content: sealed }: Item): boolean {
  if (type !== "reasoning" || typeof sealed !== "string" || !isSealed(sealed)) return false;
  const { vendor, ...kept } = unsealReasoning(sealed);
  return vendor !== "openai" && Object.keys(kept).length > 0;
}

// Another vendor's reasoning is worth nothing to this one, and refused.
function toNativeReasoning(item: Item, isOwn: boolean): readonly Item[] {
  const { id: _ownId, encrypted_content: sealed, ...rest } = item;
  if (typeof sealed !== "string") return isOwn ? [] : [item];
  if (!isSealed(sealed)) return isOwn ? [{ ...rest, encrypted_content: sealed }] : [item];
  const { vendor, encrypted, id } = unsealReasoning(sealed);
  if (vendor !== "openai" || (encrypted === undefined && id === undefined)) return [];
  return [
    {
      ...rest,
      ...(id === undefined ? {} : { id }),
      ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
    },
  ];
}
