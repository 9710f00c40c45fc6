import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isRecord } from "../../src/json.ts";

const file = join(import.meta.dirname, "../../../shared/specs/anthropic-openapi.yaml");

/** False on machines without the published description; what needs it is then not checked. */
export const hasAnthropicSpec = existsSync(file);

let known: unknown;

export interface SpecValidator {
  /** What is wrong with a value of a schema under `components/schemas`; empty if nothing is. */
  findMistakes(schema: string, value: unknown): readonly string[];
}

export interface SpecOptions {
  /** Reads the description to the letter, which real answers break. @default false */
  readonly isStrict?: boolean;
}

/**
 * Validates by Anthropic's published OpenAPI description. It is newer and stricter than real traffic: unless strict, null
 * is taken everywhere, unknown enum values and fields pass, and fields that only the newest answers have are optional.
 */
export function createAnthropicSpec({ isStrict = false }: SpecOptions = {}): SpecValidator {
  const schemas = (known ??= at(at(parse(readFileSync(file, "utf8")), "components"), "schemas"));
  // To check the description itself would take most of the time.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, meta: false });
  ajv.addSchema({ $id: "anthropic", components: { schemas: isStrict ? schemas : relaxAll(schemas) } });
  const validators = new Map<string, ValidateFunction>();
  return {
    findMistakes: (schema, value) => {
      const validate = validators.get(schema) ?? ajv.compile({ $ref: `anthropic#/components/schemas/${schema}` });
      validators.set(schema, validate);
      if (validate(value)) return [];
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
    },
  };
}

/** Required by the description, and missing in recorded answers of 2024 to 2026. */
const recentFields: ReadonlySet<string> = new Set([
  "cache_creation",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "caller",
  "citations",
  "container",
  "context_management",
  "inference_geo",
  "request_id",
  "server_tool_use",
  "service_tier",
  "stop_details",
  "stop_sequence",
]);

function relaxAll(schemas: unknown): unknown {
  if (!isRecord(schemas)) return schemas;
  // The last event of older streams counts the output alone.
  const deltaUsage = { ...(schemas["MessageDeltaUsage"] as object), required: ["output_tokens"] };
  return relax({ ...schemas, MessageDeltaUsage: deltaUsage });
}

function relax(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relax);
  if (!isRecord(schema)) return schema;
  const relaxed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "discriminator" || key === "additionalProperties" || key === "enum") continue;
    if (key === "required" && Array.isArray(value)) {
      relaxed[key] = value.filter((name) => !recentFields.has(String(name)));
    } else if (key === "properties" && isRecord(value)) {
      relaxed[key] = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, orNull(relax(field))]));
    } else {
      // Without the strictness more than one alternative may fit.
      relaxed[key === "oneOf" ? "anyOf" : key] = relax(value);
    }
  }
  return relaxed;
}

function orNull(schema: unknown): unknown {
  return { anyOf: [schema, { type: "null" }] };
}

function at(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
