import type { LabelledValue } from "./read-material.ts";
import { contentStems } from "./split-words.ts";

/** True if a `Label: value` line of the material is about the field: one's words are all among the other's. */
export function matchesLabel({ label }: LabelledValue, fieldName: string): boolean {
  const fieldStems = new Set(contentStems(fieldName));
  const labelStems = new Set(contentStems(label.replaceAll(/([\p{Ll}])(\p{Lu})/gu, "$1 $2").replaceAll("_", " ")));
  if (fieldStems.size === 0 || labelStems.size === 0) return false;
  const shared = [...labelStems].filter((stem) => fieldStems.has(stem)).length;
  return shared === fieldStems.size || (shared === labelStems.size && shared >= fieldStems.size - 1);
}
