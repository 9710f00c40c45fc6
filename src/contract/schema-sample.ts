import { isRecord } from "../json.ts";
import type { JsonSchema } from "../json.ts";

const maxSampleDepth = 8;

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
  return sample(schema, schema, 0);
}

function sample(schema: unknown, root: JsonSchema, depth: number): unknown {
  if (!isRecord(schema) || depth > maxSampleDepth) return null;
  if (typeof schema["$ref"] === "string") return sample(resolve(schema["$ref"], root), root, depth + 1);
  if (Array.isArray(schema["examples"]) && schema["examples"].length > 0) return schema["examples"][0] as unknown;
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0] as unknown;
  const variants = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(variants)) return sample(variants[0], root, depth + 1);
  return sampleByType(schema, root, depth);
}

function sampleByType(schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  const type = Array.isArray(schema["type"]) ? (schema["type"][0] as unknown) : schema["type"];
  if (type === "object" || isRecord(schema["properties"])) return sampleObject(schema, root, depth);
  if (type === "array") return sampleArray(schema, root, depth);
  if (type === "string") return sampleString(schema);
  if (type === "integer" || type === "number") return sampleNumber(schema);
  return type === "boolean" ? true : null;
}

function sampleObject(schema: JsonSchema, root: JsonSchema, depth: number): Record<string, unknown> {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, sample(child, root, depth + 1)]));
}

function sampleArray(schema: JsonSchema, root: JsonSchema, depth: number): unknown[] {
  const length = Math.min(Math.max(toNumber(schema["minItems"], 1), 1), 5);
  return Array.from({ length }, () => sample(schema["items"], root, depth + 1));
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
