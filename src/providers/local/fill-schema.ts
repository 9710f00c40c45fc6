import { isRecord, type JsonSchema } from "../../json.ts";
import { fillBoolean } from "./fill-boolean.ts";
import { fillLabel, type Choice } from "./fill-label.ts";
import { fillList } from "./fill-list.ts";
import { fillNumber, fitNumber } from "./fill-number.ts";
import { fillObject } from "./fill-object.ts";
import type { FillState, Filled } from "./fill-state.ts";
import { emptyString, fillString } from "./fill-string.ts";
import { readField, type Field } from "./read-field.ts";
import { isEqual, mergeSchemas, resolveSchema } from "./resolve-schema.ts";
import type { Scope } from "./scope.ts";

/** Past this depth only what is required is filled. JSON deeper than 64 levels is refused by its readers. */
const deepest = 24;
const mostBranches = 50;

/** Fills a schema from the material. What the material lacks is null, left out, the default, or the schema's emptiest value. */
export async function fillSchema(schema: JsonSchema, scope: Scope, state: FillState): Promise<unknown> {
  const field = readField("", typeof schema["description"] === "string" ? schema["description"] : "", undefined);
  return (await fillValue(schema, field, scope, state, 0)).value;
}

async function fillValue(node: unknown, field: Field, scope: Scope, state: FillState, depth: number): Promise<Filled> {
  state.valuesLeft--;
  const schema = resolveSchema(node, state.root);
  await state.pace(500 + scopeSize(scope));
  if (state.valuesLeft < 0 || depth > 2 * deepest) return { value: emptyValue(schema), isFound: false };
  const filled = await withReference(node, state, () => fillResolved(schema, field, scope, state, depth));
  if (filled.isFound) return filled;
  if ("default" in schema) return { value: schema["default"], isFound: false };
  return readTypes(schema).includes("null") ? { value: null, isFound: false } : filled;
}

// Twice inside itself is as far as one text gives a tree something new to say.
const mostSelfReferences = 2;

async function withReference(node: unknown, state: FillState, work: () => Promise<Filled>): Promise<Filled> {
  const reference = isRecord(node) && typeof node["$ref"] === "string" ? node["$ref"] : undefined;
  if (reference === undefined) return work();
  const before = state.openReferences.get(reference) ?? 0;
  state.openReferences.set(reference, before + 1);
  try {
    return await work();
  } finally {
    state.openReferences.set(reference, before);
  }
}

function isDeep(depth: number, state: FillState): boolean {
  return depth > deepest || [...state.openReferences.values()].some((times) => times > mostSelfReferences);
}

/** The allowed values if the schema is a closed choice: `enum`, `const`, or `anyOf`/`oneOf` of those. */
function readChoices(schema: JsonSchema, root: JsonSchema): readonly Choice[] | undefined {
  const description = typeof schema["description"] === "string" ? schema["description"] : "";
  if ("const" in schema) return [{ value: schema["const"], description }];
  if (Array.isArray(schema["enum"])) {
    const values = (schema["enum"] as unknown[]).slice(0, 1_000).filter((value) => value !== null);
    return values.map((value) => ({ value, description: "" }));
  }
  const branches = readBranches(schema);
  if (branches.length === 0) return undefined;
  const choices: Choice[] = [];
  for (const branch of branches) {
    const resolved = resolveSchema(branch, root);
    if (isNullOnly(resolved)) continue;
    const inner = "const" in resolved || "enum" in resolved ? readChoices(resolved, root) : undefined;
    if (!inner) return undefined;
    const title = typeof resolved["title"] === "string" ? `${resolved["title"]} ` : "";
    choices.push(...inner.map(({ value, description: told }) => ({ value, description: `${title}${told}`.trim() })));
  }
  return choices;
}

async function fillResolved(
  schema: JsonSchema,
  field: Field,
  scope: Scope,
  state: FillState,
  depth: number,
): Promise<Filled> {
  if ("const" in schema) return { value: schema["const"], isFound: true };
  const choices = readChoices(schema, state.root);
  if (choices && choices.length > 0) return fillLabel(choices, field, scope, state);
  if (Array.isArray(schema["enum"])) return { value: null, isFound: false };
  if (readBranches(schema).length > 0) return fillUnion(schema, field, scope, state, depth);
  const fill = (node: unknown, inner: Field, where: Scope, level: number): Promise<Filled> =>
    fillValue(node, inner, where, state, level);
  switch (pickType(schema)) {
    case "object":
      return fillObject({ schema, field, scope, state, fill, depth, isDeep: isDeep(depth, state) });
    case "array":
      return fillList({
        schema,
        field,
        scope,
        state,
        fill,
        depth,
        isDeep: isDeep(depth, state),
        readChoices: (item) => readChoices(item, state.root),
      });
    case "boolean":
      return fillBoolean(field, scope);
    case "number":
    case "integer":
      return fillNumber(schema, field, scope, state);
    case "null":
      return { value: null, isFound: false };
    default:
      return fillString(schema, field, scope, state);
  }
}

async function fillUnion(
  schema: JsonSchema,
  field: Field,
  scope: Scope,
  state: FillState,
  depth: number,
): Promise<Filled> {
  const { anyOf: _any, oneOf: _one, ...base } = schema;
  const branches = readBranches(schema).map((branch) => mergeSchemas(base, resolveSchema(branch, state.root)));
  const isNullable = branches.some(isNullOnly);
  const filledBranches = branches.filter((branch) => !isNullOnly(branch));
  const nothing: Filled = { value: null, isFound: false };
  const picked = await pickBranch(filledBranches, field, scope, state);
  let fallback: Filled | undefined;
  for (const branch of picked ? [picked] : filledBranches) {
    const filled = await fillValue(branch, field, scope, state, depth + 1);
    if (filled.isFound) return filled;
    fallback ??= filled;
  }
  return isNullable ? nothing : (fallback ?? nothing);
}

/** Of objects that a constant property tells apart, the one whose constant is nearest to the material. */
async function pickBranch(
  branches: readonly JsonSchema[],
  field: Field,
  scope: Scope,
  state: FillState,
): Promise<JsonSchema | undefined> {
  const tags = branches.map((branch) => findTag(branch, state.root));
  if (branches.length < 2 || tags.includes(undefined)) return undefined;
  const choices = tags.map((value, at) => ({ value, description: textOf(branches[at]!["description"]) }));
  const { value } = await fillLabel(choices, field, scope, state);
  return branches[tags.findIndex((tag) => isEqual(tag, value))];
}

function findTag(branch: JsonSchema, root: JsonSchema): unknown {
  if (!isRecord(branch["properties"])) return undefined;
  for (const property of Object.values(branch["properties"])) {
    const resolved = resolveSchema(property, root);
    if ("const" in resolved) return resolved["const"];
    if (Array.isArray(resolved["enum"]) && resolved["enum"].length === 1) return resolved["enum"][0];
  }
  return undefined;
}

/** The emptiest value that the schema's own keywords allow, made without looking further down. */
function emptyValue(schema: JsonSchema): unknown {
  if ("const" in schema) return schema["const"];
  if ("default" in schema) return schema["default"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0] ?? null;
  if (
    readTypes(schema).includes("null") ||
    readBranches(schema).some((branch) => isRecord(branch) && branch["type"] === "null")
  )
    return null;
  switch (pickType(schema)) {
    case "object":
      return {};
    case "array":
      return [];
    case "boolean":
      return false;
    case "number":
    case "integer":
      return fitNumber(0, schema);
    default:
      return emptyString(schema);
  }
}

function pickType(schema: JsonSchema): string {
  const named = readTypes(schema).find((type) => type !== "null") ?? readTypes(schema)[0];
  if (named !== undefined) return named;
  if ("properties" in schema || "additionalProperties" in schema || "required" in schema || "minProperties" in schema)
    return "object";
  if ("items" in schema || "prefixItems" in schema || "minItems" in schema || "contains" in schema) return "array";
  if ("minimum" in schema || "maximum" in schema || "multipleOf" in schema || "exclusiveMinimum" in schema)
    return "number";
  return "string";
}

function readTypes(schema: JsonSchema): string[] {
  const { type } = schema;
  if (Array.isArray(type)) return type.filter((one): one is string => typeof one === "string");
  return typeof type === "string" ? [type] : [];
}

function readBranches(schema: JsonSchema): readonly unknown[] {
  const { anyOf, oneOf } = schema;
  const branches: unknown[] = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [];
  return branches.slice(0, mostBranches);
}

function isNullOnly(schema: JsonSchema): boolean {
  return schema["type"] === "null" || schema["const"] === null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function scopeSize({ reading, within }: Scope): number {
  return within ? 100 * within.size : Math.min(reading.material.text.length, 20_000);
}
