import { isRecord } from "../../json.ts";

// OpenAI's strict mode refuses schemas with open objects, optional fields or these keywords; without it they still guide.
const looseKeywords = ["allOf", "oneOf", "not", "if", "dependentRequired", "dependentSchemas", "patternProperties"];

/** Whether OpenAI's strict mode takes the schema. */
export function fitsStrictMode(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every((item) => fitsStrictMode(item));
  if (!isRecord(schema)) return true;
  if (looseKeywords.some((keyword) => keyword in schema)) return false;
  const { properties, required, additionalProperties, $defs, anyOf, items } = schema;
  if (schema["type"] === "object" || properties !== undefined) {
    const names = isRecord(properties) ? Object.keys(properties) : [];
    const listed = Array.isArray(required) ? required : [];
    if (additionalProperties !== false || !names.every((name) => listed.includes(name))) return false;
  }
  const nested = [properties, $defs].flatMap((group) => (isRecord(group) ? Object.values(group) : []));
  return fitsStrictMode([...nested, anyOf, items]);
}
