import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { HeadgateError, type Issue } from "../errors.ts";
import { isRecord, type JsonSchema } from "../json.ts";
import { collectFieldNames, describeProblem, type Problem } from "./describe-problem.ts";

/** A problem as another validator put it: its text may quote the data. */
interface ForeignProblem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

export interface SchemaChecker {
  /** Stops at the first problem and, for our own schemas, fills in defaults in place. */
  fits(value: unknown): boolean;
  /** True if the value fits the subschema at a JSON Pointer. */
  fitsPart(pointer: string, value: unknown): boolean;
  /** Names what is wrong, at most `maxIssues`; `foreign` problems are added where nothing else was found. */
  explain(
    value: unknown,
    foreign: readonly ForeignProblem[],
  ): {
    readonly ok: false;
    readonly issues: readonly Issue[];
    readonly hints: readonly string[];
  };
}

/** More say nothing new to a model or a person. */
const maxIssues = 20;

/** Above this many values in one document, only the first problem is looked for: ajv keeps an object for each. */
const maxValuesForAllProblems = 20_000;

// Its compiled meta-schema costs 30 ms, so that one is shared; user schemas never enter it and so never stay in memory.
let metaChecker: Ajv2020 | undefined;

/**
 * Compiles a JSON Schema with ajv. `isOurs` is true for schemas that a project wrote as JSON Schema: broken ones are
 * refused here, and unknown keywords count as typing errors.
 */
export function createSchemaChecker(schema: JsonSchema, options: { readonly isOurs: boolean }): SchemaChecker {
  if (options.isOurs) requireValid(schema);
  const first = createAjv(options.isOurs, { allErrors: false, useDefaults: options.isOurs });
  const root = options.isOurs ? compileStrictly(first, schema) : compileLeniently(first, rootKey(schema), schema);
  const parts = new Map<string, ValidateFunction | undefined>();
  const fieldNames = collectFieldNames(schema);
  let all: ValidateFunction | undefined;
  return {
    fits: (value) => root?.(value) ?? true,
    fitsPart: (pointer, value) => {
      if (!parts.has(pointer)) parts.set(pointer, compileLeniently(first, `${rootKey(schema)}#${toFragment(pointer)}`));
      return parts.get(pointer)?.(value) ?? false;
    },
    explain: (value, foreign) => {
      if (countValues(value, maxValuesForAllProblems) < maxValuesForAllProblems)
        all ??= compileLeniently(
          createAjv(options.isOurs, { allErrors: true, useDefaults: options.isOurs }),
          rootKey(schema),
          schema,
        );
      const validate = all ?? root;
      const errors = validate?.(value) === false ? (validate.errors ?? []) : [];
      return toResult(value, errors, foreign, fieldNames);
    },
  };
}

function toResult(
  value: unknown,
  errors: readonly ErrorObject[],
  foreign: readonly ForeignProblem[],
  fieldNames: ReadonlySet<string>,
): ReturnType<SchemaChecker["explain"]> {
  const problems: Problem[] = withoutEchoes(withoutBranches(errors))
    .slice(0, maxIssues)
    .map((error) => describeProblem(error, value, fieldNames));
  const known = new Set(problems.map((problem) => problem.path));
  for (const { path, text } of foreign.slice(0, maxIssues)) {
    const problem = describeProblem({ keyword: "", path, text }, value, fieldNames);
    if (!known.has(problem.path)) problems.push(problem);
    known.add(problem.path);
  }
  if (problems.length === 0) problems.push(describeProblem({ keyword: "", path: [], text: "" }, value, fieldNames));
  const kept = problems.slice(0, maxIssues);
  return {
    ok: false,
    issues: kept.map(({ path, message }) => ({ path, message })),
    hints: kept.map((problem) => problem.hint),
  };
}

// ajv lists what each branch of a union disliked before it says that none fits. That is noise, unless the union only
// allows `null` next to one form: then the form's own problems say more.
function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  return errors
    .filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf")
    .reduce<readonly ErrorObject[]>((kept, union) => {
      const below = kept.filter((error) => error.schemaPath.startsWith(`${union.schemaPath}/`));
      const isNullBranch = (error: ErrorObject): boolean => error.keyword === "type" && error.params["type"] === "null";
      const branches = new Set(
        below
          .filter((error) => !isNullBranch(error))
          .map((error) => error.schemaPath.slice(union.schemaPath.length).split("/")[1]),
      );
      const isNullable = branches.size === 1 && below.some(isNullBranch);
      const noise = new Set(isNullable ? [union, ...below.filter(isNullBranch)] : below);
      return kept.filter((error) => !noise.has(error));
    }, errors);
}

// A format says more than the pattern that some libraries write beside it.
function withoutEchoes(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const formatted = new Set(
    errors.filter(({ keyword }) => keyword === "format").map(({ instancePath }) => instancePath),
  );
  return errors.filter(({ keyword, instancePath }) => keyword !== "pattern" || !formatted.has(instancePath));
}

function createAjv(isOurs: boolean, options: { readonly allErrors: boolean; readonly useDefaults: boolean }): Ajv2020 {
  const ajv = new Ajv2020({
    ...options,
    strict: isOurs,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    // A field named `constructor` is not there just because every object inherits one.
    ownProperties: true,
    validateSchema: false,
    meta: false,
    messages: false,
    logger: false,
  });
  addFormats.default(ajv);
  ajv.addVocabulary(["example"]);
  // ajv's own compares every pair: a model's answer of 100,000 objects would hold the process for minutes.
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (isWanted: boolean, items: readonly unknown[]) =>
      !isWanted || new Set(items.map(toCanonical)).size === items.length,
  });
  return ajv;
}

function requireValid(schema: JsonSchema): void {
  metaChecker ??= new Ajv2020({ strict: false, logger: false });
  let isValid: unknown;
  try {
    isValid = metaChecker.validateSchema(schema);
  } catch (error) {
    throw toConfigError(error);
  }
  if (isValid === true) return;
  const [error] = metaChecker.errors ?? [];
  throw toConfigError(new Error(`${error?.instancePath ?? ""} ${error?.message ?? "is not valid JSON Schema"}`.trim()));
}

function compileStrictly(ajv: Ajv2020, schema: JsonSchema): ValidateFunction {
  try {
    ajv.addSchema(schema, rootKey(schema));
    return ajv.compile({ $ref: rootKey(schema) });
  } catch (error) {
    throw toConfigError(error);
  }
}

// A typed schema validates by itself; if ajv cannot read its JSON Schema, answers only lose wording and early streaming.
function compileLeniently(ajv: Ajv2020, reference: string, schema?: JsonSchema): ValidateFunction | undefined {
  try {
    if (schema) ajv.addSchema(schema, rootKey(schema));
    return ajv.compile({ $ref: reference });
  } catch {
    return undefined;
  }
}

function toConfigError(error: unknown): HeadgateError {
  const problem = error instanceof Error ? error.message : String(error);
  return new HeadgateError("config_invalid", { detail: `The JSON Schema is not usable: ${problem}.`, cause: error });
}

function rootKey(schema: JsonSchema): string {
  return typeof schema["$id"] === "string" ? schema["$id"].replace(/#$/, "") : "headgate:contract";
}

function toFragment(pointer: string): string {
  return pointer.split("/").map(encodeURIComponent).join("/");
}

function toCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function countValues(value: unknown, limit: number): number {
  let count = 1;
  if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) {
      count += countValues(inner, limit - count);
      if (count >= limit) break;
    }
  return count;
}
