import { isRecord, toPointer, type JsonSchema } from "../json.ts";
import { annotationKeywords, peelSchema } from "./peel-schema.ts";

type Filter = (value: unknown) => unknown;

/**
 * Makes a filter that removes properties which the schema does not declare, so that a model's own fields never become
 * part of the contract. It acts on plain schemas only: where other keywords rule on fields, their word stands.
 */
export function createUndeclaredFilter(root: JsonSchema): Filter {
  const known = new Map<string, Filter>();
  const build = (start: unknown, startPointer: string): Filter => {
    const { schema, pointer } = peelSchema(root, start, startPointer);
    const made = known.get(pointer);
    if (made) return made;
    let filter: Filter = keep;
    // Registered before it is built, so that a recursive schema finds itself.
    known.set(pointer, (value) => filter(value));
    const { properties, items, additionalProperties: rest } = schema;
    if (isPlain(schema, ["type", "properties", "required", "additionalProperties", "propertyNames"])) {
      const fields = Object.entries(isRecord(properties) ? properties : {}).map(
        ([name, child]) => [name, build(child, pointer + toPointer(["properties", name]))] as const,
      );
      const isOpen = rest !== undefined || fields.length === 0;
      const others = isRecord(rest) ? build(rest, `${pointer}/additionalProperties`) : keep;
      filter = filterObject(new Map(fields), isOpen ? others : undefined);
    } else if (items !== undefined && isPlain(schema, ["type", "items", "minItems", "maxItems"]))
      filter = filterItems(build(items, `${pointer}/items`));
    return (value) => filter(value);
  };
  return build(root, "");
}

function isPlain(schema: JsonSchema, keywords: readonly string[]): boolean {
  return Object.keys(schema).every((key) => keywords.includes(key) || annotationKeywords.has(key));
}

const keep: Filter = (value) => value;

function filterObject(fields: ReadonlyMap<string, Filter>, others: Filter | undefined): Filter {
  return (value) => {
    if (!isRecord(value)) return value;
    const kept: Record<string, unknown> = {};
    for (const name of Object.keys(value)) {
      const filter = fields.get(name) ?? others;
      if (filter) kept[name] = filter(value[name]);
    }
    return kept;
  };
}

function filterItems(filter: Filter): Filter {
  return (value) => (Array.isArray(value) ? value.map(filter) : value);
}
