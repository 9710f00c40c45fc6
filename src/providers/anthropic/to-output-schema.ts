import { isRecord, type JsonSchema } from "../../json.ts";

/** More optional properties than this, and Anthropic fails to compile the schema, or refuses it. */
const mostOptional = 12;
/** More properties of several types than this are refused. */
const mostUnions = 16;

const converted = new WeakMap<JsonSchema, { readonly schema: JsonSchema | undefined }>();

/**
 * Writes a schema in the part of JSON Schema that Anthropic's structured outputs know: objects are closed, and
 * constraints that are not known become words in the description. Undefined if the schema would come to mean something
 * else: open objects, recursion, values of any type, or too many choices.
 */
export function toOutputSchema(schema: JsonSchema): JsonSchema | undefined {
  const known = converted.get(schema);
  if (known) return known.schema;
  const made = new SchemaWriter(schema).write();
  converted.set(schema, { schema: made });
  return made;
}

interface Size {
  readonly optional: number;
  readonly unions: number;
}

const reference = /^#\/(\$defs|definitions)\/([^/]+)$/;
/** Taken over as they are. */
const plainKeys = ["title", "default", "enum", "const", "type", "required"];
/** Written anew. */
const nestedKeys = ["anyOf", "oneOf", "allOf", "properties", "items", "format", "description", "minItems"];
/** Of no meaning for the answer, or told otherwise. */
const silentKeys = ["$schema", "$id", "$comment", "$defs", "definitions", "additionalProperties", "examples"];
const knownKeys = new Set([...plainKeys, ...nestedKeys, ...silentKeys]);
const unknownMeaning = ["patternProperties", "prefixItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"];
const formats = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);

class SchemaWriter {
  readonly #root: JsonSchema;
  readonly #active = new Set<string>();
  readonly #used = new Map<string, Size>();
  #optional = 0;
  #unions = 0;
  #isExpressible = true;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  write(): JsonSchema | undefined {
    const schema = this.#convert(this.#root);
    const isSmall = this.#optional <= mostOptional && this.#unions <= mostUnions;
    const groups = ["$defs", "definitions"].flatMap((group) => {
      const used = this.#convertUsed(group);
      return used.length === 0 ? [] : [[group, Object.fromEntries(used)] as const];
    });
    return this.#isExpressible && isSmall ? { ...schema, ...Object.fromEntries(groups) } : undefined;
  }

  #convertUsed(group: string): [string, JsonSchema][] {
    const definitions = this.#root[group];
    if (!isRecord(definitions)) return [];
    const names = Object.keys(definitions).filter((name) => this.#used.has(`#/${group}/${name}`));
    return names.map((name) => [name, this.#convert(definitions[name])]);
  }

  #convert(node: unknown): JsonSchema {
    if (!isRecord(node) || unknownMeaning.some((key) => key in node)) return this.#giveUp();
    if (typeof node["$ref"] === "string") return this.#refer(node["$ref"]);
    const { type, anyOf = node["oneOf"], allOf, items, properties } = node;
    const types = Array.isArray(type) ? type : [type];
    const isObject = types.includes("object") || properties !== undefined;
    if (types.includes("array") && !isRecord(items)) return this.#giveUp();
    if (![type, anyOf, allOf, node["enum"], node["const"]].some((meaning) => meaning !== undefined)) {
      return this.#giveUp();
    }
    if (types.length > 1 || anyOf !== undefined) this.#unions++;
    return {
      ...Object.fromEntries(plainKeys.filter((key) => key in node).map((key) => [key, node[key]])),
      ...(Array.isArray(anyOf) ? { anyOf: anyOf.map((option) => this.#convert(option)) } : {}),
      ...(Array.isArray(allOf) ? { allOf: allOf.map((option) => this.#convert(option)) } : {}),
      ...(isObject ? this.#closeObject(node) : {}),
      ...(isRecord(items) ? { items: this.#convert(items) } : {}),
      ...toConstraints(node),
    };
  }

  #closeObject({ properties, required, additionalProperties }: JsonSchema): JsonSchema {
    const isOpen = additionalProperties !== false && (additionalProperties !== undefined || !isRecord(properties));
    if (isOpen) return this.#giveUp();
    const listed = new Set(Array.isArray(required) ? required : []);
    const entries = Object.entries(isRecord(properties) ? properties : {});
    this.#optional += entries.filter(([name]) => !listed.has(name)).length;
    const closed = entries.map(([name, property]) => [name, this.#convert(property)] as const);
    return { type: "object", properties: Object.fromEntries(closed), additionalProperties: false };
  }

  /** Each use counts as if it were written out. */
  #refer(ref: string): JsonSchema {
    const [, group = "", name = ""] = reference.exec(ref) ?? [];
    const definitions = this.#root[group];
    const target = isRecord(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (target === undefined || this.#active.has(ref)) return this.#giveUp();
    const known = this.#used.get(ref);
    if (known) {
      this.#optional += known.optional;
      this.#unions += known.unions;
      return { $ref: ref };
    }
    const before: Size = { optional: this.#optional, unions: this.#unions };
    this.#active.add(ref);
    this.#convert(target);
    this.#active.delete(ref);
    this.#used.set(ref, { optional: this.#optional - before.optional, unions: this.#unions - before.unions });
    return { $ref: ref };
  }

  #giveUp(): JsonSchema {
    this.#isExpressible = false;
    return {};
  }
}

function toConstraints(node: JsonSchema): JsonSchema {
  const { format, minItems, description } = node;
  const keepsFormat = typeof format === "string" && formats.has(format);
  const keepsMinItems = minItems === 0 || minItems === 1;
  const others = Object.entries(node).filter(([key]) => !knownKeys.has(key));
  if (format !== undefined && !keepsFormat) others.push(["format", format]);
  if (minItems !== undefined && !keepsMinItems) others.push(["minItems", minItems]);
  const words = others.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ");
  const sentences = [description, words === "" ? undefined : `(${words})`].filter((text) => typeof text === "string");
  return {
    ...(keepsFormat ? { format } : {}),
    ...(keepsMinItems ? { minItems } : {}),
    ...(sentences.length === 0 ? {} : { description: sentences.join(" ") }),
  };
}
