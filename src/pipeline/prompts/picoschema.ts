import { isRecord } from "../../json.ts";
import type { JsonSchema } from "../../json.ts";
import { didYouMean } from "../../nearest-name.ts";

interface SchemaProblem {
  /** Keys from the schema's root to the mistake, as written. */
  readonly path: readonly string[];
  readonly message: string;
}

export type SchemaConversion =
  | { readonly ok: true; readonly schema: JsonSchema }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

const scalarTypes = ["any", "boolean", "integer", "null", "number", "string"];
const wildcard = "(*)";

/**
 * Turns dotprompt's short schema notation into JSON Schema; a value that is JSON Schema already passes unchanged.
 * `namedSchemas` are what a type name beyond the scalars may refer to.
 */
export function convertPicoschema(
  schema: unknown,
  namedSchemas: Readonly<Record<string, JsonSchema>> = {},
): SchemaConversion {
  const problems: SchemaProblem[] = [];
  const converted = isJsonSchema(schema)
    ? "type" in schema || !isRecord(schema["properties"])
      ? schema
      : { ...schema, type: "object" }
    : new Converter(namedSchemas, problems).convert(schema, []);
  return problems.length === 0 ? { ok: true, schema: converted } : { ok: false, problems };
}

// Picoschema holds only strings and objects, and lists only behind `(enum)`: anything else tells JSON Schema.
function isJsonSchema(schema: unknown): schema is JsonSchema {
  if (!isRecord(schema)) return false;
  const { type } = schema;
  if (typeof type === "string" && [...scalarTypes, "object", "array"].includes(type)) return true;
  if (isRecord(schema["properties"]) || "$ref" in schema || "$schema" in schema) return true;
  return ["type", "anyOf", "oneOf", "allOf", "enum"].some((key) => Array.isArray(schema[key]));
}

class Converter {
  readonly #namedSchemas: Readonly<Record<string, JsonSchema>>;
  readonly #problems: SchemaProblem[];

  constructor(namedSchemas: Readonly<Record<string, JsonSchema>>, problems: SchemaProblem[]) {
    this.#namedSchemas = namedSchemas;
    this.#problems = problems;
  }

  convert(value: unknown, path: readonly string[]): JsonSchema {
    if (typeof value === "string") return this.#convertType(value, path);
    if (isRecord(value)) return this.#convertObject(value, path);
    return this.#refuse(path, `A picoschema value is a type name or an object, not ${describe(value)}.`);
  }

  #convertType(text: string, path: readonly string[]): JsonSchema {
    const { head: type, description } = splitDescription(text);
    if (type === "any") return described({}, description);
    if (scalarTypes.includes(type)) return described({ type }, description);
    if (Object.hasOwn(this.#namedSchemas, type)) return described(this.#namedSchemas[type]!, description);
    const known = [...scalarTypes, ...Object.keys(this.#namedSchemas)];
    return this.#refuse(path, `"${type}" is no type. Use one of ${known.join(", ")}.${didYouMean(type, known)}`);
  }

  #convertObject(object: Record<string, unknown>, path: readonly string[]): JsonSchema {
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    let additionalProperties: JsonSchema | false = false;
    for (const [key, value] of Object.entries(object)) {
      const here = [...path, key];
      if (key === wildcard) {
        additionalProperties = this.convert(value, here);
        continue;
      }
      const { name, isOptional, type, description } = readKey(key);
      if (!isOptional) required.push(name);
      const property = this.#convertProperty(type, value, here);
      properties[name] = described(isOptional ? orNull(property) : property, description);
    }
    return {
      type: "object",
      properties,
      ...(required.length === 0 ? {} : { required }),
      additionalProperties,
    };
  }

  #convertProperty(type: string | undefined, value: unknown, path: readonly string[]): JsonSchema {
    if (type === undefined || type === "object") return this.convert(value, path);
    if (type === "array") return { type: "array", items: this.convert(value, path) };
    if (type !== "enum") {
      return this.#refuse(path, `"(${type})" is no kind of field. Use (array), (object) or (enum).`);
    }
    if (Array.isArray(value)) return { enum: value };
    return this.#refuse(path, "An (enum) field takes a list of values, such as [red, green].");
  }

  #refuse(path: readonly string[], message: string): JsonSchema {
    this.#problems.push({ path, message });
    return {};
  }
}

function readKey(key: string): { name: string; isOptional: boolean; type?: string; description?: string } {
  const open = key.indexOf("(");
  const head = open === -1 ? key : key.slice(0, open);
  const isOptional = head.endsWith("?");
  const name = isOptional ? head.slice(0, -1) : head;
  if (open === -1) return { name, isOptional };
  const inner = splitDescription(key.slice(open + 1, key.endsWith(")") ? -1 : undefined));
  return {
    name,
    isOptional,
    type: inner.head,
    ...(inner.description === undefined ? {} : { description: inner.description }),
  };
}

function splitDescription(text: string): { head: string; description?: string } {
  const comma = text.indexOf(",");
  if (comma === -1) return { head: text.trim() };
  return { head: text.slice(0, comma).trim(), description: text.slice(comma + 1).trim() };
}

function described(schema: JsonSchema, description: string | undefined): JsonSchema {
  return description === undefined || description === "" ? schema : { ...schema, description };
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (typeof type === "string" && type !== "null") return { ...schema, type: [type, "null"] };
  if (Array.isArray(values) && !values.includes(null)) return { ...schema, enum: [...values, null] };
  return schema;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null || value === undefined ? "nothing" : `a ${typeof value}`;
}
