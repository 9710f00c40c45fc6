import { isRecord, type JsonSchema } from "../../json.ts";
import type { FillState, Filled } from "./fill-state.ts";
import type { FillOne } from "./fill-list.ts";
import { readField, type Field } from "./read-field.ts";
import { resolveSchema } from "./resolve-schema.ts";
import type { Scope } from "./scope.ts";

export interface ObjectTask {
  readonly schema: JsonSchema;
  readonly field: Field;
  readonly scope: Scope;
  readonly state: FillState;
  readonly fill: FillOne;
  readonly depth: number;
  /** Leaves out what is not required, so that recursive schemas end. */
  readonly isDeep: boolean;
}

const mostProperties = 500;

/** Fills the properties in the schema's order. What is optional and not in the material is left out. */
export async function fillObject(task: ObjectTask): Promise<Filled> {
  const { schema } = task;
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = new Set(readStrings(schema["required"]));
  const names = [...new Set([...Object.keys(properties), ...required])].slice(0, mostProperties);
  const values = new Map<string, unknown>();
  let isFound = false;
  for (const { name, node, field } of inFillOrder(names, properties, schema)) {
    if (task.isDeep && !required.has(name)) continue;
    const filled = await task.fill(node, withParent(field, task.field), task.scope, task.depth + 1);
    isFound ||= filled.isFound;
    if (filled.isFound || required.has(name) || hasDefault(node, task.state)) values.set(name, filled.value);
  }
  await addDemanded(values, names, properties, task);
  // `fromEntries` defines own keys, so that a property named __proto__ is one like any other.
  const ordered = [...new Set([...names, ...values.keys()])].filter((name) => values.has(name));
  return { value: Object.fromEntries(ordered.map((name) => [name, values.get(name)])), isFound };
}

interface Property {
  readonly name: string;
  readonly node: unknown;
  readonly field: Field;
}

// A reason or a confidence is about a label, so the labels come first; bullets must not repeat the summary, so it comes before them.
function inFillOrder(
  names: readonly string[],
  properties: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
): Property[] {
  const list = names.map((name) => {
    const node = Object.hasOwn(properties, name) ? properties[name] : (schema["additionalProperties"] ?? {});
    return { name, node, field: fieldOf(name, node) };
  });
  const order = ({ node, field }: Property): number => {
    if (field.meaning === "reason" || field.meaning === "confidence") return 3;
    if (isRecord(node) && node["type"] === "array") return 2;
    return isRecord(node) && ("enum" in node || "const" in node || "$ref" in node) ? 0 : 1;
  };
  return list
    .map((property, at) => ({ property, key: order(property), at }))
    .sort((a, b) => a.key - b.key || a.at - b.at)
    .map(({ property }) => property);
}

function fieldOf(name: string, node: unknown): Field {
  const own = isRecord(node) ? node : {};
  const branches = [own, ...(Array.isArray(own["anyOf"]) ? own["anyOf"] : [])].filter(isRecord);
  const pick = (key: string): string | undefined =>
    branches.map((branch) => branch[key]).find((value) => typeof value === "string");
  return readField(
    name,
    [pick("title"), pick("description")].filter((text) => text !== undefined).join(". "),
    pick("format"),
  );
}

// "customer: { name }" is the name of a customer.
function withParent(field: Field, parent: Field): Field {
  if (parent.name === "") return field;
  if (["email", "phone", "url", "person"].includes(field.meaning))
    return { ...field, stems: new Set([...field.stems, ...parent.stems]) };
  if (field.meaning !== "name") return field;
  const isNamed = parent.meaning === "person" || parent.meaning === "organisation" || parent.meaning === "place";
  return isNamed ? { ...field, meaning: parent.meaning, stems: new Set([...field.stems, ...parent.stems]) } : field;
}

/** Meets `minProperties`: first by optional properties, then by names of our own where the schema allows any. */
async function addDemanded(
  values: Map<string, unknown>,
  names: readonly string[],
  properties: Readonly<Record<string, unknown>>,
  task: ObjectTask,
): Promise<void> {
  const { schema, scope, depth } = task;
  const least = typeof schema["minProperties"] === "number" ? Math.min(schema["minProperties"], mostProperties) : 0;
  if (values.size >= least) return;
  const allowed = isRecord(schema["propertyNames"]) ? readStrings(schema["propertyNames"]["enum"]) : [];
  const phrases = scope.reading.phrases.map(({ text }) => text);
  const invented =
    schema["additionalProperties"] === false
      ? []
      : [...allowed, ...phrases, ...Array.from({ length: least }, (_, at) => `value${at + 1}`)];
  for (const name of [...names, ...invented]) {
    if (values.size >= least) return;
    if (values.has(name)) continue;
    const node = Object.hasOwn(properties, name) ? properties[name] : (schema["additionalProperties"] ?? {});
    values.set(name, (await task.fill(node, fieldOf(name, node), scope, depth + 1)).value);
  }
}

function hasDefault(node: unknown, state: FillState): boolean {
  return "default" in resolveSchema(node, state.root);
}

function readStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
