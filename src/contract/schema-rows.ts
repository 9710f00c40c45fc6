import { isRecord } from "../json.ts";
import type { JsonSchema } from "../json.ts";

/** One field of a schema, for a table. */
export interface SchemaRow {
  /** Dotted path; `[]` stands for each item of an array. */
  readonly field: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string;
}

const maxRowDepth = 4;

/** Lists a schema's fields with those of nested objects, in order. References are looked up in the OpenAPI document. */
export function toSchemaRows(schema: JsonSchema, document: unknown): SchemaRow[] {
  const rows: SchemaRow[] = [];
  addRows(rows, follow(schema, document), "", 0, document);
  return rows;
}

function addRows(rows: SchemaRow[], schema: JsonSchema, prefix: string, depth: number, document: unknown): void {
  if (depth > maxRowDepth || !isRecord(schema["properties"])) return;
  const required = Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : [];
  for (const [name, child] of Object.entries(schema["properties"])) {
    const property = follow(child, document);
    const field = prefix === "" ? name : `${prefix}.${name}`;
    rows.push({
      field,
      type: toTypeName(property, document),
      isRequired: required.includes(name),
      description: [toText(property["description"]), toLimits(property)].filter((text) => text !== "").join(" "),
    });
    const items = follow(property["items"], document);
    if (property["type"] === "array") addRows(rows, items, `${field}[]`, depth + 1, document);
    else addRows(rows, property, field, depth + 1, document);
  }
}

function follow(value: unknown, document: unknown): JsonSchema {
  let schema: unknown = value;
  for (let hops = 0; hops < 8 && isRecord(schema) && typeof schema["$ref"] === "string"; hops++) {
    const steps = schema["$ref"].split("/").slice(1);
    let at: unknown = document;
    for (const step of steps) at = isRecord(at) ? at[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
    schema = at;
  }
  return isRecord(schema) ? schema : {};
}

// Beyond the depth a schema that contains itself would be named for ever.
function toTypeName(schema: JsonSchema, document: unknown, depth = 0): string {
  if (depth > maxRowDepth) return "any";
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const variants = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(variants))
    return variants.map((variant) => toTypeName(follow(variant, document), document, depth + 1)).join(" | ");
  const type = Array.isArray(schema["type"]) ? schema["type"].join(" | ") : toText(schema["type"]);
  if (type === "array") {
    const item = toTypeName(follow(schema["items"], document), document, depth + 1);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }
  const format = toText(schema["format"]);
  return `${type === "" ? "any" : type}${format === "" ? "" : ` (${format})`}`;
}

const limitNames: Readonly<Record<string, string>> = {
  minLength: "$ or more characters",
  maxLength: "at most $ characters",
  minItems: "$ or more items",
  maxItems: "at most $ items",
  minimum: "at least $",
  maximum: "at most $",
  pattern: "matches $",
};

function toLimits(schema: JsonSchema): string {
  const limits = Object.entries(limitNames)
    .filter(([keyword]) => typeof schema[keyword] === "number" || typeof schema[keyword] === "string")
    // Zod writes JavaScript's own bounds of safe integers, which say nothing to a reader.
    .filter(([keyword]) => Math.abs(Number(schema[keyword])) !== Number.MAX_SAFE_INTEGER)
    .map(([keyword, text]) => text.replace("$", () => String(schema[keyword])));
  if ("default" in schema) limits.push(`default ${JSON.stringify(schema["default"])}`);
  return limits.length === 0 ? "" : `(${limits.join(", ")})`;
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
