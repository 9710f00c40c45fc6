import { isRecord, type JsonSchema } from "../json.ts";
import { annotationKeywords, resolveReference } from "./schema-reference.ts";

type Filter = (value: unknown) => unknown;

/**
 * Makes a filter that removes properties which the schema does not declare, so that a model's own fields never become
 * part of the contract. It acts on plain schemas only: where other keywords rule on fields, their word stands.
 */
export function createUndeclaredFilter(root: JsonSchema): Filter {
  const known = new Map<JsonSchema, Filter>();
  const build = (schema: unknown): Filter => {
    const resolved = isRecord(schema) ? resolveReference(root, schema) : undefined;
    if (!resolved) return keep;
    const made = known.get(resolved);
    if (made) return made;
    let filter: Filter = keep;
    // Registered before it is built, so that a recursive schema finds itself.
    known.set(resolved, (value) => filter(value));
    if (isPlain(resolved, ["type", "properties", "required"]) && isRecord(resolved["properties"]))
      filter = filterObject(new Map(Object.entries(resolved["properties"]).map(([key, child]) => [key, build(child)])));
    else if (isPlain(resolved, ["type", "items", "minItems", "maxItems"]))
      filter = filterItems(build(resolved["items"]));
    return (value) => filter(value);
  };
  return build(root);
}

function isPlain(schema: JsonSchema, keywords: readonly string[]): boolean {
  return Object.keys(schema).every((key) => keywords.includes(key) || annotationKeywords.has(key));
}

const keep: Filter = (value) => value;

function filterObject(fields: ReadonlyMap<string, Filter>): Filter {
  return (value) => {
    if (!isRecord(value)) return value;
    const kept: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const filter = fields.get(key);
      if (filter) kept[key] = filter(value[key]);
    }
    return kept;
  };
}

function filterItems(filter: Filter): Filter {
  return (value) => (Array.isArray(value) ? value.map(filter) : value);
}
