import type { JsonSchema } from "../../json.ts";
import { measureMood } from "./choose-label.ts";
import type { FillState, Filled } from "./fill-state.ts";
import type { NumberMention } from "./find-amounts.ts";
import { matchesLabel } from "./match-label.ts";
import type { Field } from "./read-field.ts";
import { nearestFirst, sentencesOf, type Scope } from "./scope.ts";
import { splitWords } from "./split-words.ts";

const wordsPerMinute = 220;

/** The number of the material that the field asks for, moved into the schema's range and steps. */
export function fillNumber(schema: JsonSchema, field: Field, scope: Scope, state: FillState): Filled {
  const found = findNumber(schema, field, scope, state);
  if (found === undefined) return { value: fitNumber(0, schema), isFound: false };
  const value = fitNumber(found, schema);
  // A number far outside of the range is another number than the one asked for.
  return { value, isFound: Math.abs(value - found) <= Math.max(1, 0.01 * Math.abs(found)) };
}

/** The allowed number nearest to the given one. */
export function fitNumber(value: number, schema: JsonSchema): number {
  const { least, most } = readRange(schema);
  const step = readStep(schema);
  const within = Math.min(most, Math.max(least, value));
  if (step === undefined) return within;
  let stepped = Math.round(within / step) * step;
  if (stepped < least) stepped = Math.ceil(least / step) * step;
  if (stepped > most) stepped = Math.floor(most / step) * step;
  return Object.is(stepped, -0) ? 0 : stepped;
}

/** Numbers near the field's words, in the order of their nearness, for lists. */
export function listNumbers(schema: JsonSchema, field: Field, scope: Scope): number[] {
  const values = candidates(field, scope).map(({ value }) => value);
  return [...new Set(values)].filter((value) => fitNumber(value, schema) === value);
}

function findNumber(schema: JsonSchema, field: Field, scope: Scope, state: FillState): number | undefined {
  const { least, most } = readRange(schema);
  const anchored = scope.anchor && scope.reading.numbers.find((number) => number === scope.anchor!.mention);
  if (anchored && field.meaning !== "confidence") return anchored.value;
  switch (field.meaning) {
    case "confidence":
      return (state.confidence ?? 0.5) * (most > 1 && most !== Infinity ? most : 1);
    case "sentiment":
    case "rating": {
      const said = candidates(field, scope).find(({ nearness }) => nearness > 0)?.value;
      return said ?? scale(measureMood(sentencesOf(scope)), field, least, most);
    }
    case "year":
      return nearestFirst(scope.reading.dates, field, scope).find(({ year }) => year !== undefined)?.year;
    default:
      return readLabelled(field, scope) ?? measureText(field, scope) ?? pickCandidate(field, scope);
  }
}

function pickCandidate(field: Field, scope: Scope): number | undefined {
  const found = candidates(field, scope);
  const isLoose = field.meaning === "money" || field.meaning === "percentage";
  return found.find(({ nearness }) => nearness > 0)?.value ?? (isLoose ? found[0]?.value : undefined);
}

function candidates(field: Field, scope: Scope): readonly (NumberMention & { readonly nearness: number })[] {
  const kinds: readonly NumberMention["kind"][] =
    field.meaning === "money" ? ["money"] : field.meaning === "percentage" ? ["percentage"] : ["plain"];
  const ofKind = nearestFirst(
    scope.reading.numbers.filter(({ kind }) => kinds.includes(kind)),
    field,
    scope,
  );
  if (ofKind.some(({ nearness }) => nearness > 0) || (ofKind.length > 0 && kinds[0] !== "plain")) return ofKind;
  return nearestFirst(scope.reading.numbers, field, scope).filter(({ nearness }) => nearness > 0);
}

function readLabelled(field: Field, { reading, within }: Scope): number | undefined {
  if (within) return undefined;
  const label = reading.material.labelled.find((candidate) => matchesLabel(candidate, field.name));
  const inText =
    label &&
    reading.numbers.find(
      ({ text, sentence }) => reading.sentences[sentence]!.text.includes(label.value) && label.value.includes(text),
    );
  return inText?.value;
}

function measureText(field: Field, scope: Scope): number | undefined {
  const words = (): number =>
    splitWords(
      sentencesOf(scope)
        .map(({ text }) => text)
        .join(" "),
    ).length;
  if (/\bword count\b|\bwords\b|\bnumber of words\b/u.test(field.name)) return words();
  if (/\breading (?:time|minutes)\b|\bminutes to read\b/u.test(field.name))
    return Math.max(1, Math.round(words() / wordsPerMinute));
  if (/\bsentence count\b|\bnumber of sentences\b/u.test(field.name)) return sentencesOf(scope).length;
  return undefined;
}

function scale(mood: number, field: Field, least: number, most: number): number {
  if (field.meaning === "sentiment" && least < 0) return mood * Math.min(most, -least, 1);
  const bottom = Number.isFinite(least) ? least : field.meaning === "sentiment" ? -1 : 1;
  const top = Number.isFinite(most) ? most : field.meaning === "sentiment" ? 1 : 5;
  return bottom + ((mood + 1) / 2) * (top - bottom);
}

function readRange(schema: JsonSchema): { least: number; most: number } {
  const step = readStep(schema) ?? Number.MIN_VALUE;
  const inclusive = (key: string, otherwise: number): number =>
    typeof schema[key] === "number" ? schema[key] : otherwise;
  const nudge = (bound: number, direction: 1 | -1): number =>
    Number.isInteger(step) || step > 1e-300
      ? bound + direction * step
      : bound + direction * Math.max(1e-9, Math.abs(bound) * 1e-9);
  const above = typeof schema["exclusiveMinimum"] === "number" ? nudge(schema["exclusiveMinimum"], 1) : -Infinity;
  const below = typeof schema["exclusiveMaximum"] === "number" ? nudge(schema["exclusiveMaximum"], -1) : Infinity;
  return {
    least: Math.max(inclusive("minimum", -Infinity), above),
    most: Math.min(inclusive("maximum", Infinity), below),
  };
}

function readStep(schema: JsonSchema): number | undefined {
  const { multipleOf, type } = schema;
  const isInteger = type === "integer" || (Array.isArray(type) && type.includes("integer"));
  if (typeof multipleOf !== "number" || multipleOf <= 0) return isInteger ? 1 : undefined;
  return isInteger && !Number.isInteger(multipleOf) ? 1 : multipleOf;
}
