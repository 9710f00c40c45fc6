/** What an item is, in the first letters of its id. */
export type ItemKind = "msg" | "rs" | "fc" | "fco" | "item";

/** Makes the ids of one answer: the same for the same request. */
export interface ItemIds {
  readonly response: string;
  /** @param index of the item in the answer's output */
  output(kind: ItemKind, index: number): string;
  /** @param index of the item in the request's input */
  input(kind: ItemKind, index: number): string;
  /** For a call whose vendor gives none. @param index of the call among the answer's calls */
  call(index: number): string;
}

/** @param requestId a UUID of this answer alone */
export function createItemIds(requestId: string): ItemIds {
  const base = requestId.replaceAll("-", "");
  return {
    response: `resp_${base}`,
    output: (kind, index) => `${kind}_${mark}${base}${index}`,
    input: (kind, index) => `${kind}_${mark}${base}i${index}`,
    call: (index) => `call_${base}_${index}`,
  };
}

const mark = "hg";
const ownId = /^[a-z]+_hg[0-9a-f]{32}i?\d+$/;

/** True for items that Headgate named: no vendor knows them. */
export function isOwnItemId(id: unknown): boolean {
  return typeof id === "string" && ownId.test(id);
}

/** Ids that are looked for and kept; others cannot be found again. */
export const storableId = /^[\w-]{1,200}$/;
