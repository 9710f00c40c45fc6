import { isRecord } from "../json.ts";
import type { JsonSchema } from "../json.ts";

/**
 * Moves a self-contained schema into the document's components, with its own references (`#`, `#/$defs/x`) bent to where
 * it now stands. Returns the reference to it.
 */
export function hoistSchema(schemas: Record<string, JsonSchema>, name: string, schema: JsonSchema): JsonSchema {
  const pointer = `#/components/schemas/${name}`;
  // Both keywords would give the schema a base of its own, which OpenAPI tools do not follow.
  const { $schema: _schema, $id: _id, ...rest } = schema;
  schemas[name] = bendReferences(rest, pointer) as JsonSchema;
  return { $ref: pointer };
}

/** The answer's schema: the output's, with the envelope's fields around its own. */
export function withEnvelope(output: JsonSchema): JsonSchema {
  const { properties, required, ...rest } = output;
  return {
    ...rest,
    type: "object",
    properties: {
      requestId: { type: "string", format: "uuid" },
      status: {
        type: "string",
        enum: ["ok", "fallback", "refused"],
        description: "fallback: the model could not answer, and the declared fallback did.",
      },
      ...(isRecord(properties) ? properties : {}),
      warnings: {
        type: "array",
        items: { type: "string", examples: ["input_truncated", "fallback:provider_unavailable", "answer_rescued"] },
        description: "What was done to the input or the answer. More codes may come.",
      },
    },
    required: ["requestId", "status", ...(Array.isArray(required) ? (required as string[]) : []), "warnings"],
  };
}

const dataKeywords = new Set(["const", "default", "enum", "example", "examples"]);

function bendReferences(value: unknown, pointer: string): unknown {
  if (Array.isArray(value)) return value.map((item) => bendReferences(item, pointer));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (key === "$ref" && typeof child === "string" && child.startsWith("#")) return [key, pointer + child.slice(1)];
      return [key, dataKeywords.has(key) ? child : bendReferences(child, pointer)];
    }),
  );
}
