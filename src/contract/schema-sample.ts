import { isRecord } from "../json.ts";
import type { JsonSchema } from "../json.ts";

const samplesByFormat: Readonly<Record<string, string>> = {
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  time: "12:00:00Z",
  email: "name@example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "01939a4c-7b1e-7c3a-9f52-0d6a4b8c1e2f",
};

/** A value of the schema's shape for documentation. It follows types, enums, formats and sizes, but not patterns. */
export function toSample(schema: JsonSchema): unknown {
  return sample(schema, { root: schema, followed: [] });
}

interface Place {
  readonly root: JsonSchema;
  /** The references that led here: following one again would never end. */
  readonly followed: readonly string[];
}

/** Returns undefined where the schema contains itself. */
function sample(schema: unknown, place: Place): unknown {
  if (!isRecord(schema)) return null;
  if (typeof schema["$ref"] === "string") return sampleReference(schema["$ref"], place);
  if (Array.isArray(schema["examples"]) && schema["examples"].length > 0) return schema["examples"][0] as unknown;
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0] as unknown;
  const variants = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(variants)) return sample(variants[0], place);
  return sampleByType(schema, place);
}

function sampleReference(reference: string, { root, followed }: Place): unknown {
  if (reference === "#" || followed.includes(reference)) return undefined;
  return sample(resolve(reference, root), { root, followed: [...followed, reference] });
}

function sampleByType(schema: JsonSchema, place: Place): unknown {
  const type = Array.isArray(schema["type"]) ? (schema["type"][0] as unknown) : schema["type"];
  if (type === "object" || isRecord(schema["properties"])) return sampleObject(schema, place);
  if (type === "array") return sampleArray(schema, place);
  if (type === "string") return sampleString(schema);
  if (type === "integer" || type === "number") return sampleNumber(schema);
  return type === "boolean" ? true : null;
}

function sampleObject(schema: JsonSchema, place: Place): Record<string, unknown> {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const entries = Object.entries(properties).map(([name, child]) => [name, sample(child, place)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function sampleArray(schema: JsonSchema, place: Place): unknown[] {
  const item = sample(schema["items"], place);
  const length = Math.min(Math.max(toNumber(schema["minItems"], 1), 1), 5);
  return item === undefined ? [] : Array.from({ length }, () => item);
}

function sampleString(schema: JsonSchema): string {
  const byFormat = typeof schema["format"] === "string" ? samplesByFormat[schema["format"]] : undefined;
  if (byFormat !== undefined) return byFormat;
  return "text"
    .padEnd(Math.min(toNumber(schema["minLength"], 0), 200), ".")
    .slice(0, toNumber(schema["maxLength"], 200));
}

function sampleNumber(schema: JsonSchema): number {
  const least = toNumber(
    schema["minimum"],
    toNumber(schema["exclusiveMinimum"], 0) + ("exclusiveMinimum" in schema ? 1 : 0),
  );
  return Math.min(Math.max(least, 1), toNumber(schema["maximum"], Infinity));
}

function toNumber(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function resolve(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const step of reference.slice(1).split("/").slice(1)) {
    at = isRecord(at) ? at[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return at;
}
