import { isRecord, type JsonSchema } from "../json.ts";

/** Keywords that say nothing about which values are valid. */
export const annotationKeywords: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

const maxHops = 16;

/** Follows `$ref`s that stand alone and point into the same document; undefined if one cannot be followed. */
export function resolveReference(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  let current = schema;
  for (let hop = 0; hop < maxHops; hop++) {
    const reference = current["$ref"];
    if (reference === undefined) return current;
    if (
      typeof reference !== "string" ||
      !Object.keys(current).every((key) => key === "$ref" || annotationKeywords.has(key))
    )
      return undefined;
    const found = findByPointer(root, reference);
    if (!isRecord(found)) return undefined;
    current = found;
  }
  return undefined;
}

function findByPointer(root: JsonSchema, reference: string): unknown {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined;
  let current: unknown = root;
  for (const step of reference.split("/").slice(1)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}
