import { isRecord, type JsonSchema } from "../../json.ts";

type Schema = Record<string, unknown>;

/** Refused by the constrained decoding; told in the description instead, so that the model still knows. */
const limits = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "maxItems", "uniqueItems"];

/** Keywords whose meaning would be lost. */
const unknown = ["not", "if", "oneOf", "patternProperties", "dependentRequired", "dependentSchemas", "propertyNames"];

const nested = new Set(["properties", "$defs", "definitions"]);

/**
 * The schema in the subset that Bedrock's structured output takes: every object closed. Undefined if the schema says
 * something that would be lost: open maps, recursion, alternatives that exclude each other.
 */
export function toClosedSchema(schema: JsonSchema): JsonSchema | undefined {
  if (schema["type"] !== "object" || isRecursive(schema)) return undefined;
  return close(schema);
}

function close(schema: unknown): Schema | undefined {
  if (!isRecord(schema) || unknown.some((keyword) => keyword in schema)) return undefined;
  const closed: Schema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$schema" || limits.includes(keyword)) continue;
    const written = closeKeyword(keyword, value);
    if (written === undefined) return undefined;
    closed[keyword] = written;
  }
  if (Number(closed["minItems"] ?? 0) > 1) delete closed["minItems"];
  if (schema["type"] === "object" || "properties" in schema) {
    // Without properties of its own it is a map: closed, it could only be empty.
    if (!isRecord(schema["properties"]) || (schema["additionalProperties"] ?? false) !== false) return undefined;
    closed["additionalProperties"] = false;
  }
  const description = describeLimits(schema);
  return description === undefined ? closed : { ...closed, description };
}

function closeKeyword(keyword: string, value: unknown): unknown {
  if (nested.has(keyword)) return closeAll(value);
  if (keyword === "items") return close(value);
  if (keyword !== "anyOf" && keyword !== "allOf") return value;
  const branches = Array.isArray(value) ? value.map(close) : [];
  return branches.includes(undefined) ? undefined : branches;
}

function closeAll(group: unknown): Schema | undefined {
  if (!isRecord(group)) return undefined;
  const entries = Object.entries(group).map(([name, schema]) => [name, close(schema)] as const);
  return entries.some(([, schema]) => schema === undefined) ? undefined : Object.fromEntries(entries);
}

function describeLimits(schema: Schema): string | undefined {
  const told = limits.filter((keyword) => schema[keyword] !== undefined);
  if (Number(schema["minItems"] ?? 0) > 1) told.push("minItems");
  if (told.length === 0) return undefined;
  const text = told.map((keyword) => `${keyword}: ${JSON.stringify(schema[keyword])}`).join(", ");
  const { description } = schema;
  return typeof description === "string" ? `${description} (${text})` : text;
}

/** A reference into a definition that leads back to itself. */
function isRecursive(schema: JsonSchema): boolean {
  const leads = new Map<string, string[]>();
  for (const group of ["$defs", "definitions"]) {
    const named = schema[group];
    if (!isRecord(named)) continue;
    for (const [name, definition] of Object.entries(named)) leads.set(`#/${group}/${name}`, listReferences(definition));
  }
  const roots = listReferences({ ...schema, $defs: undefined, definitions: undefined });
  const reaches = (from: string, seen: readonly string[]): boolean =>
    seen.includes(from) || !leads.has(from) || leads.get(from)!.some((to) => reaches(to, [...seen, from]));
  // A reference to anything but a definition is taken for recursion as well.
  return roots.some((root) => reaches(root, []));
}

function listReferences(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listReferences);
  if (!isRecord(value)) return [];
  const own = typeof value["$ref"] === "string" ? [value["$ref"]] : [];
  return [...own, ...Object.values(value).flatMap(listReferences)];
}
