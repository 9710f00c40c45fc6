import { isRecord, type JsonSchema } from "../../json.ts";

/**
 * A JSON Schema for `responseJsonSchema`: `const` becomes an `enum` of one, and what stands beside a `$ref` goes, since
 * Google refuses both. Keywords that Google does not know, such as `pattern`, it ignores by itself.
 */
export function toResponseSchema(schema: JsonSchema): JsonSchema {
  const isReference = typeof schema["$ref"] === "string";
  const entries = Object.entries(schema).filter(([key]) => !isReference || key.startsWith("$"));
  return Object.fromEntries(
    entries.map(([key, value]) => (key === "const" ? ["enum", [value]] : [key, read(key, value)])),
  );
}

// Only where schemas stand: a property may be called `const`, and an example may hold one.
function read(key: string, value: unknown): unknown {
  if (mapKeywords.has(key) && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, readSchema(schema)]));
  }
  if (listKeywords.has(key) && Array.isArray(value)) return value.map(readSchema);
  return schemaKeywords.has(key) ? readSchema(value) : value;
}

function readSchema(value: unknown): unknown {
  return isRecord(value) ? toResponseSchema(value) : value;
}

const mapKeywords = new Set(["properties", "$defs", "definitions"]);
const listKeywords = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const schemaKeywords = new Set(["items", "additionalProperties"]);
