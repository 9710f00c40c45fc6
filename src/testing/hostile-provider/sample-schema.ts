import { isRecord } from "../../json.ts";

const deepest = 12;

/** The smallest value that a JSON Schema's plain words (type, properties, items, enum, const, bounds) allow. */
export function sampleSchema(schema: unknown, takeWord: () => string, depth = 0): unknown {
  if (!isRecord(schema) || depth > deepest) return null;
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  const variants = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(variants)) return sampleSchema(variants[0], takeWord, depth + 1);
  const type: unknown = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  if (type === "object" || isRecord(schema["properties"])) {
    const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
    const sampled = Object.entries(properties).map(([name, of]) => [name, sampleSchema(of, takeWord, depth + 1)]);
    return Object.fromEntries(sampled);
  }
  if (type === "array") {
    const length = Math.max(1, toNumber(schema["minItems"], 1));
    return Array.from({ length }, () => sampleSchema(schema["items"], takeWord, depth + 1));
  }
  if (type === "integer" || type === "number")
    return Math.min(toNumber(schema["minimum"], 1), toNumber(schema["maximum"], 1e9));
  if (type === "boolean") return true;
  if (type === "null") return null;
  return sampleText(schema, takeWord);
}

function sampleText(schema: Record<string, unknown>, takeWord: () => string): string {
  if (schema["format"] === "date") return "2026-01-15";
  if (schema["format"] === "date-time") return "2026-01-15T12:00:00Z";
  let text = takeWord();
  while (text.length < toNumber(schema["minLength"], 0)) text += ` ${takeWord()}`;
  return text.slice(0, toNumber(schema["maxLength"], 10_000));
}

function toNumber(value: unknown, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}
