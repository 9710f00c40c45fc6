import { HeadgateError, type Issue } from "../errors.ts";
import { isRecord, parseJson, type JsonSchema } from "../json.ts";
import type { AnySchema, TypedSchema } from "./define-endpoint.ts";
import { createUndeclaredFilter } from "./drop-undeclared.ts";
import { createSchemaChecker, type SchemaChecker } from "./schema-checker.ts";
import { annotationKeywords, peelSchema, type PeeledSchema } from "./peel-schema.ts";

export { annotationKeywords, peelSchema, type PeeledSchema };

export type SchemaResult<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly issues: readonly Issue[];
      /** The same findings in more words, for the model that wrote the value. May quote it: never for clients or logs. */
      readonly hints?: readonly string[];
    };

/** A user's schema, ready to use: its JSON Schema and one way to check a value. */
export interface CompiledSchema {
  /** Draft 2020-12, self-contained. For an input schema: what clients may send. For an output schema: what the model must write. */
  readonly jsonSchema: JsonSchema;
  /** What clients see of it. For an output schema: what `check` yields, so after defaults and transforms. */
  readonly contractSchema: JsonSchema;
  /** Checks and, where the schema has defaults or transforms, applies them. Issue messages never hold the data's values. */
  check(value: unknown): SchemaResult | Promise<SchemaResult>;
  /** True if `value` fits the subschema at a JSON Pointer into `jsonSchema`. Compiled at its first use. */
  fitsPart(pointer: string, value: unknown): boolean;
}

/**
 * Compiles a schema once. A typed schema checks through its own `validate`; raw JSON Schema through ajv.
 * Objects of a raw output schema that say nothing about additional properties lose undeclared ones, as Zod's do.
 * @throws HeadgateError `config_invalid` if the schema is broken, refers to another document or cannot be JSON Schema.
 */
export function compileSchema(schema: AnySchema, io: "input" | "output"): CompiledSchema {
  const compiled = isTyped(schema) ? compileTyped(schema, io) : compileRaw(schema as JsonSchema, io);
  if (io === "output") requireObject(compiled.jsonSchema);
  return compiled;
}

function compileTyped(schema: TypedSchema, io: "input" | "output"): CompiledSchema {
  const standard = schema["~standard"];
  const converter = standard.jsonSchema as (typeof standard)["jsonSchema"] | undefined;
  if (!converter) throw broken("It has no JSON Schema: the schema library must implement Standard JSON Schema.");
  const jsonSchema = detach(() => converter.input({ target: "draft-2020-12" }));
  let checker: SchemaChecker | undefined;
  const lazyChecker = (): SchemaChecker => (checker ??= createSchemaChecker(jsonSchema, { isOurs: false }));
  const explain = (value: unknown, issues: readonly StandardIssue[]): SchemaResult =>
    lazyChecker().explain(
      value,
      issues.map((issue) => ({ path: (issue.path ?? []).map(toStep), text: issue.message })),
    );
  const finish = (value: unknown, result: StandardResult): SchemaResult =>
    result.issues
      ? explain(value, result.issues)
      : { ok: true, value: io === "output" ? toJson(result.value) : result.value };
  return {
    jsonSchema,
    contractSchema: io === "input" ? jsonSchema : describeResult(converter, jsonSchema),
    check: (value) => {
      const result = standard.validate(value);
      return result instanceof Promise ? result.then((settled) => finish(value, settled)) : finish(value, result);
    },
    fitsPart: (pointer, value) => lazyChecker().fitsPart(pointer, value),
  };
}

function compileRaw(schema: JsonSchema, io: "input" | "output"): CompiledSchema {
  if (!isRecord(schema)) throw broken("It is neither a Standard Schema nor a JSON Schema object.");
  const jsonSchema = detach(() => schema);
  const checker = createSchemaChecker(jsonSchema, { isOurs: true });
  const hasDefaults = JSON.stringify(jsonSchema).includes('"default":');
  const dropUndeclared = io === "output" ? createUndeclaredFilter(jsonSchema) : undefined;
  return {
    jsonSchema,
    contractSchema: jsonSchema,
    check: (value) => {
      // Filling in defaults changes the value in place, and the value is the caller's.
      const own = hasDefaults ? structuredClone(value) : value;
      if (!checker.fits(own)) return checker.explain(own, []);
      return { ok: true, value: dropUndeclared ? dropUndeclared(own) : own };
    },
    fitsPart: (pointer, value) => checker.fitsPart(pointer, value),
  };
}

type Standard = TypedSchema["~standard"];
type StandardResult = Awaited<ReturnType<Standard["validate"]>>;
type StandardIssue = NonNullable<StandardResult["issues"]>[number];
type StandardStep = NonNullable<StandardIssue["path"]>[number];

function isTyped(schema: AnySchema): schema is TypedSchema {
  return ((typeof schema === "object" && schema !== null) || typeof schema === "function") && "~standard" in schema;
}

function toStep(step: StandardStep): string | number {
  const key = typeof step === "object" ? step.key : step;
  return typeof key === "symbol" ? String(key) : key;
}

// A transform has no JSON Schema of its own; then its result is described as anything, and where even that fails, by what goes in.
function describeResult(converter: Standard["jsonSchema"], fallback: JsonSchema): JsonSchema {
  for (const libraryOptions of [undefined, { unrepresentable: "any" }]) {
    try {
      return parseJson(JSON.stringify(converter.output({ target: "draft-2020-12", libraryOptions }))) as JsonSchema;
    } catch {
      continue;
    }
  }
  return fallback;
}

const maxSchemaChars = 512 * 1024;

// A copy: what the project does to its own object later changes nothing here.
function detach(produce: () => unknown): JsonSchema {
  let text: string;
  try {
    text = JSON.stringify(produce());
    if (text.length <= maxSchemaChars) return parseJson(text) as JsonSchema;
  } catch (error) {
    throw broken(
      `It cannot be written as JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
  throw broken(`It is longer than ${maxSchemaChars} characters of JSON.`);
}

function requireObject(root: JsonSchema): void {
  const { type } = peelSchema(root, root, "").schema;
  if (type !== undefined && type !== "object")
    throw broken("It must describe a JSON object: the contract's answer has named fields.");
}

function broken(problem: string, cause?: unknown): HeadgateError {
  return new HeadgateError("config_invalid", { detail: `The schema is not usable. ${problem}`, cause });
}

// A transform may yield what JSON cannot carry, such as a Date; clients would see another value than callers in process.
function toJson(value: unknown): unknown {
  return isPlainJson(value) ? value : parseJson(JSON.stringify(value) ?? "null");
}

function isPlainJson(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlainJson);
  if (typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) if (!isPlainJson((value as Record<string, unknown>)[key])) return false;
  return true;
}
