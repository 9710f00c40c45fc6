import { storableId, type ItemIds, type ItemKind } from "./item-ids.ts";
import { typeOfItem, type Item } from "./responses-request-schema.ts";

const kinds: Readonly<Record<string, ItemKind>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
};

/** Items of a request in the full form that they are listed in: with a type, an id, and content in parts. */
export function toStoredItems(input: readonly Item[], ids: ItemIds): readonly Item[] {
  return input.map((item, index) => {
    const type = typeOfItem(item);
    const id = item["id"] ?? ids.input(kinds[type] ?? "item", index);
    if (type === "message") return { status: "completed", ...item, type, id, content: toContent(item) };
    return type.startsWith("function_call") ? { status: "completed", ...item, type, id } : { ...item, type, id };
  });
}

function toContent({ role, content }: Item): unknown {
  if (typeof content !== "string") return content;
  if (role === "assistant") return [{ type: "output_text", text: content, annotations: [], logprobs: [] }];
  return [{ type: "input_text", text: content }];
}

/** The id by which an item can be found again. */
export function toStorableId(item: Item): string | undefined {
  const { id } = item;
  return typeof id === "string" && storableId.test(id) ? id : undefined;
}

/** The ids that the input refers to by `item_reference`, with where. */
export function listReferences(input: unknown): readonly { readonly id: string; readonly index: number }[] {
  if (!Array.isArray(input)) return [];
  return input.flatMap((item: unknown, index) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return [];
    const { id } = item as Item;
    return typeOfItem(item as Item) === "item_reference" && typeof id === "string" ? [{ id, index }] : [];
  });
}
