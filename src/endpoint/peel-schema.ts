import { isRecord, type JsonSchema } from "../json.ts";

/** Keywords that say nothing about which values are valid. */
export const annotationKeywords: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

export interface PeeledSchema {
  readonly schema: JsonSchema;
  /** JSON Pointer of `schema` in the document: one for each place that is really different, also in recursive schemas. */
  readonly pointer: string;
  /** True if `null` is allowed beside what `schema` allows. */
  readonly isNullable: boolean;
}

const maxPeels = 16;

/** Takes references and `or null` off a schema. Stops at what it cannot follow. */
export function peelSchema(root: JsonSchema, start: unknown, startPointer: string): PeeledSchema {
  let schema = isRecord(start) ? start : {};
  let pointer = startPointer;
  let isNullable = false;
  for (let count = 0; count < maxPeels; count++) {
    const [keyword, ...others] = Object.keys(schema).filter((key) => !annotationKeywords.has(key));
    const { type, anyOf } = schema;
    if (keyword === "$ref" && others.length === 0) {
      const found = findDefinition(root, String(schema["$ref"]));
      if (!found) break;
      ({ schema, pointer } = found);
    } else if (keyword === "anyOf" && others.length === 0 && Array.isArray(anyOf) && anyOf.length === 2) {
      const index = anyOf.findIndex((branch) => !isNull(branch));
      const branch: unknown = anyOf[index];
      if (!isRecord(branch) || !isNull(anyOf[1 - index])) break;
      isNullable = true;
      schema = branch;
      pointer += `/anyOf/${index}`;
    } else if (Array.isArray(type) && type.length === 2 && type.includes("null")) {
      isNullable = true;
      schema = { ...schema, type: type.find((name) => name !== "null") as unknown };
    } else break;
  }
  return { schema, pointer, isNullable };
}

function findDefinition(root: JsonSchema, reference: string): { schema: JsonSchema; pointer: string } | undefined {
  if (reference === "#") return { schema: root, pointer: "" };
  const [, name] = /^#\/\$defs\/([^/]+)$/.exec(reference) ?? [];
  const definitions = root["$defs"];
  if (name === undefined || !isRecord(definitions)) return undefined;
  const key = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
  const schema = Object.hasOwn(definitions, key) ? definitions[key] : undefined;
  return isRecord(schema)
    ? { schema, pointer: `/$defs/${key.replaceAll("~", "~0").replaceAll("/", "~1")}` }
    : undefined;
}

function isNull(branch: unknown): boolean {
  return isRecord(branch) && branch["type"] === "null";
}
