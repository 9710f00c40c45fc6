import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isRecord, type JsonSchema } from "../../src/json.ts";

/** What OpenAI's own description of its API says about an answer. */
export type SpecName = keyof typeof schemaNames;

/** `relaxed` reads the description as its authors' servers do: see `relax`. */
export type SpecReading = "strict" | "relaxed";

const schemaNames = {
  "chat completion": "CreateChatCompletionResponse",
  "chat chunk": "CreateChatCompletionStreamResponse",
  response: "Response",
  "response event": "ResponseStreamEvent",
  "response items": "ResponseItemList",
  embeddings: "CreateEmbeddingResponse",
  models: "ListModelsResponse",
  moderations: "CreateModerationResponse",
  error: "ErrorResponse",
} as const;

const file = join(import.meta.dirname, "../../../shared/specs/openai-openapi.json");

/** The description is no part of the repository; without it nothing can be compared, and nothing is found wrong. */
export const hasOpenAiSpec = existsSync(file);

/** What is wrong with the value, most telling first; empty where it is as described. */
export function findSpecViolations(name: SpecName, value: unknown, reading: SpecReading = "relaxed"): string[] {
  if (!hasOpenAiSpec) return [];
  const validate = getValidator(name, reading);
  // Undefined fields never leave the process.
  if (validate(JSON.parse(JSON.stringify(value)))) return [];
  const errors = validate.errors ?? [];
  const deepest = errors.toSorted((a, b) => b.instancePath.length - a.instancePath.length);
  return deepest.slice(0, mostReported).map(({ instancePath, message, params }) => {
    return `${instancePath || "/"} ${message} ${JSON.stringify(params)}`;
  });
}

const mostReported = 8;
const validators = new Map<string, ValidateFunction>();
const compilers = new Map<SpecReading, Ajv2020>();
let description: JsonSchema | undefined;

function getValidator(name: SpecName, reading: SpecReading): ValidateFunction {
  const key = `${reading} ${name}`;
  const known = validators.get(key);
  if (known) return known;
  const created = getCompiler(reading).getSchema(`openai#/components/schemas/${schemaNames[name]}`);
  if (!created) throw new Error(`The description has no ${schemaNames[name]}.`);
  validators.set(key, created);
  return created;
}

function getCompiler(reading: SpecReading): Ajv2020 {
  const known = compilers.get(reading);
  if (known) return known;
  description ??= JSON.parse(readFileSync(file, "utf8")) as JsonSchema;
  // Formats such as `unixtime` are not JSON Schema's, and addresses are the business of who sends them.
  const compiler = new Ajv2020({ strict: false, validateFormats: false, allErrors: false, inlineRefs: false });
  const { schemas } = description["components"] as { readonly schemas: JsonSchema };
  const read = mapValues(schemas, (schema, name) => toJsonSchema(schema, { name, reading }));
  compiler.addSchema({ $id: "openai", components: { schemas: read } });
  compilers.set(reading, compiler);
  return compiler;
}

/** Keywords that hold schemas by name, in a list, or alone. */
const byName = new Set(["properties", "patternProperties", "$defs"]);
const inList = new Set(["anyOf", "allOf", "oneOf", "prefixItems"]);
const alone = new Set(["items", "additionalProperties", "not"]);
const plain = new Set(["type", "enum", "const", "required", "minimum", "maximum", "minItems", "maxItems", "pattern"]);

interface Within {
  /** Of the schema in the description. */
  readonly name: string;
  readonly reading: SpecReading;
}

/** OpenAPI's dialect as JSON Schema. */
function toJsonSchema(schema: unknown, within: Within): unknown {
  if (!isRecord(schema)) return schema;
  const { $ref, nullable } = schema;
  if (typeof $ref === "string") return allowNull({ $ref: `openai${$ref}` }, nullable === true);
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (byName.has(key)) copy[key] = mapValues(value, (field) => toField(field, within));
    // Alternatives that differ in optional fields only match together: one of them is enough.
    else if (inList.has(key) && Array.isArray(value))
      copy[key === "oneOf" ? "anyOf" : key] = value.map((one) => toJsonSchema(one, within));
    else if (alone.has(key)) copy[key] = toJsonSchema(value, within);
    else if (plain.has(key)) copy[key] = value;
  }
  if (within.reading === "relaxed") relax(copy, within.name);
  return allowNull(copy, nullable === true);
}

// Real servers send null for nearly every field that has no value.
function toField(schema: unknown, within: Within): unknown {
  return allowNull(toJsonSchema(schema, within), within.reading === "relaxed");
}

function allowNull(schema: unknown, isNullable: boolean): unknown {
  return isNullable ? { anyOf: [schema, { type: "null" }] } : schema;
}

/** New words in lists, fields that are new, and numbers out of range are no mistake of an answer. */
function relax(schema: Record<string, unknown>, name: string): void {
  const { enum: words, required } = schema;
  // A list of one tells alternatives apart.
  if (Array.isArray(words) && words.length > 1) delete schema["enum"];
  for (const keyword of ["minimum", "maximum", "minItems", "maxItems", "pattern"]) delete schema[keyword];
  if (Array.isArray(required))
    schema["required"] = required.filter((field) => !lateFields[name]?.includes(String(field)));
  // Official clients ask for base64, which is not described.
  const { properties } = schema;
  if (name === "Embedding" && isRecord(properties)) properties["embedding"] = { type: ["array", "string"] };
}

/** By schema: what the description asks for and recordings of OpenAI's own servers lack. */
const lateFields: Readonly<Record<string, readonly string[]>> = {
  CreateChatCompletionResponse: ["logprobs"],
  ChatCompletionResponseMessage: ["refusal"],
  ResponseUsage: ["cache_write_tokens"],
  OutputTextContent: ["logprobs"],
  ResponseFunctionCallArgumentsDoneEvent: ["name"],
  WebSearchToolCall: ["action"],
};

function mapValues(map: unknown, change: (value: unknown, name: string) => unknown): unknown {
  if (!isRecord(map)) return map;
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value, name)]));
}
