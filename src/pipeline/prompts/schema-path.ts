import { isRecord } from "../../json.ts";
import type { JsonSchema } from "../../json.ts";
import { everyItem } from "./template-variables.ts";
import type { Step } from "./template-variables.ts";

export type PathLookup =
  | {
      readonly found: true;
      /** The JSON types that the place can have; empty if any. */ readonly types: readonly string[];
    }
  | {
      readonly found: false;
      /** The step that the schema does not have. */ readonly step: Step;
      readonly known: readonly string[];
      readonly types: readonly string[];
    };

/**
 * Follows a path through a JSON Schema. A place that the schema leaves open holds anything; an object that lists its
 * properties and says nothing of others is taken at its word.
 */
export function findInSchema(root: JsonSchema, path: readonly Step[]): PathLookup {
  let places = expand([root], root);
  for (const step of path) {
    if (places.some(isOpen)) return { found: true, types: [] };
    const next = places.flatMap((place) => takeStep(place, step));
    if (next.length === 0) {
      const known = places.flatMap((place) => Object.keys(propertiesOf(place)));
      return { found: false, step, known: [...new Set(known)], types: typesOf(places) };
    }
    places = expand(next, root);
  }
  return { found: true, types: places.some(isOpen) ? [] : typesOf(places) };
}

type Place = unknown;

/** Replaces references and combinations by the schemas that they stand for. */
function expand(schemas: readonly Place[], root: JsonSchema): readonly Place[] {
  const seen = new Set<Place>();
  const waiting = [...schemas];
  const places: Place[] = [];
  while (waiting.length > 0) {
    const schema = waiting.shift();
    if (seen.has(schema)) continue;
    seen.add(schema);
    if (!isRecord(schema)) {
      places.push(schema);
      continue;
    }
    const { $ref } = schema;
    const parts = [
      ...(typeof $ref === "string" ? [followReference($ref, root)] : []),
      ...["allOf", "anyOf", "oneOf"].flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as Place[]) : [])),
      ...["then", "else"].flatMap((key) => (key in schema ? [schema[key]] : [])),
    ];
    waiting.push(...parts);
    if (parts.length === 0 || "properties" in schema || "items" in schema) places.push(schema);
  }
  return places;
}

function followReference(reference: string, root: JsonSchema): Place {
  if (!reference.startsWith("#")) return true;
  const steps = decodeURIComponent(reference.slice(1)).split("/").slice(1);
  return steps.reduce<unknown>((place, step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(place)) return place[Number(key)] as unknown;
    return isRecord(place) && Object.hasOwn(place, key) ? place[key] : true;
  }, root);
}

/** True for a place that may hold anything. */
function isOpen(place: Place): boolean {
  if (!isRecord(place)) return place !== false;
  const says = [
    "type",
    "properties",
    "additionalProperties",
    "patternProperties",
    "items",
    "prefixItems",
    "enum",
    "const",
  ];
  return !says.some((key) => key in place);
}

function takeStep(place: Place, step: Step): Place[] {
  if (!isRecord(place)) return [];
  const types = typesOf([place]);
  const mayBe = (type: string): boolean => types.length === 0 || types.includes(type);
  const found: Place[] = [];
  if (mayBe("object")) found.push(...takeProperty(place, step));
  if (mayBe("array")) found.push(...takeItem(place, step));
  if (mayBe("string") && types.length > 0 && step === "length") found.push({ type: "integer" });
  return found;
}

function takeProperty(place: Record<string, unknown>, step: Step): Place[] {
  const properties = propertiesOf(place);
  const { additionalProperties, patternProperties } = place;
  const listsNothing =
    Object.keys(properties).length === 0 && additionalProperties === undefined && patternProperties === undefined;
  const others = [
    ...(listsNothing && typesOf([place]).includes("object") ? [true] : []),
    ...(additionalProperties === undefined || additionalProperties === false ? [] : [additionalProperties]),
    ...(isRecord(patternProperties) ? Object.values(patternProperties) : []),
  ];
  if (step === everyItem) return [...Object.values(properties), ...others];
  return Object.hasOwn(properties, step) ? [properties[step]] : others;
}

function takeItem(place: Record<string, unknown>, step: Step): Place[] {
  const types = typesOf([place]);
  if (!types.includes("array") && !("items" in place) && !("prefixItems" in place)) return [];
  if (step === "length") return [{ type: "integer" }];
  if (step !== everyItem && !/^\d+$/.test(step)) return [];
  const prefix = Array.isArray(place["prefixItems"]) ? (place["prefixItems"] as Place[]) : [];
  return [...prefix, ...(place["items"] === false ? [] : [place["items"] ?? true])];
}

function propertiesOf(place: Place): Record<string, unknown> {
  return isRecord(place) && isRecord(place["properties"]) ? place["properties"] : {};
}

function typesOf(places: readonly Place[]): readonly string[] {
  const types = places.flatMap((place) => {
    if (!isRecord(place)) return [];
    const { type } = place;
    if (typeof type === "string") return [type];
    if (Array.isArray(type)) return type as string[];
    if ("properties" in place) return ["object"];
    return "items" in place || "prefixItems" in place ? ["array"] : [];
  });
  return [...new Set(types)];
}
