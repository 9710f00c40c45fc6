import { isRecord } from "../json.ts";
import type { JsonSchema } from "../json.ts";

/** What a JSON Schema says about a field: its schemas (one of them holds), or nothing it can be held to. */
export type FieldSchemas = readonly JsonSchema[] | "absent" | "unknown";

/** True if every value that a schema describes is an object. */
export function describesObject(root: JsonSchema, schema: JsonSchema = root, depth = 0): boolean {
  if (schema["type"] === "object" || isRecord(schema["properties"])) return true;
  if (depth > maxReferences) return false;
  const isObject = (part: JsonSchema): boolean => describesObject(root, part, depth + 1);
  const target = findReferenced(root, schema);
  if (target) return isObject(target);
  const choices = schemasIn(schema["anyOf"] ?? schema["oneOf"]);
  return (choices.length > 0 && choices.every(isObject)) || schemasIn(schema["allOf"]).some(isObject);
}

export function listFields(root: JsonSchema): readonly string[] {
  const names = listAlternatives(root, root).flatMap((schema) =>
    isRecord(schema["properties"]) ? Object.keys(schema["properties"]) : [],
  );
  return [...new Set(names)];
}

/** Looks a JSON Pointer of a value up in the schema of that value. */
export function findField(root: JsonSchema, pointer: string): FieldSchemas {
  let schemas: readonly JsonSchema[] = listAlternatives(root, root);
  for (const step of pointer.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const found = schemas.map((schema) => findChild(schema, name));
    // One alternative that says nothing is enough: the field may be there.
    if (found.includes("unknown")) return "unknown";
    schemas = found.filter(isRecord).flatMap((schema) => listAlternatives(root, schema));
    if (schemas.length === 0) return "absent";
  }
  return schemas;
}

function findChild(schema: JsonSchema, name: string): JsonSchema | "absent" | "unknown" {
  const { properties, prefixItems, items, additionalProperties } = schema;
  if (isRecord(properties) && Object.hasOwn(properties, name)) return asSchema(properties[name]);
  if (/^\d+$/.test(name) && (items !== undefined || prefixItems !== undefined)) {
    const item: unknown = Array.isArray(prefixItems) ? prefixItems[Number(name)] : undefined;
    return asSchema(item ?? items);
  }
  if (isRecord(additionalProperties)) return additionalProperties;
  // A schema that lists fields means these; one that lists none leaves everything open.
  const isOpen = properties === undefined && additionalProperties !== false && isObjectOrAny(schema["type"]);
  return isOpen || isRecord(schema["patternProperties"]) ? "unknown" : "absent";
}

function asSchema(value: unknown): JsonSchema | "unknown" {
  return isRecord(value) ? value : "unknown";
}

function isObjectOrAny(type: unknown): boolean {
  return type === undefined || type === "object";
}

const maxReferences = 32;

// Follows `$ref` inside the document and opens `anyOf`, `oneOf` and `allOf`.
function listAlternatives(root: JsonSchema, schema: JsonSchema, depth = 0): readonly JsonSchema[] {
  if (depth > maxReferences) return [schema];
  const target = findReferenced(root, schema);
  const parts = target ? [target] : ["anyOf", "oneOf", "allOf"].flatMap((key) => schemasIn(schema[key]));
  const opened = parts.flatMap((part) => listAlternatives(root, part, depth + 1));
  return parts.length === 0 || isRecord(schema["properties"]) ? [schema, ...opened] : opened;
}

function findReferenced(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined;
  const steps = reference.slice(1).split("/").slice(1);
  const target = steps.reduce<unknown>((at, step) => {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    return isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined;
  }, root);
  return isRecord(target) ? target : undefined;
}

function schemasIn(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
