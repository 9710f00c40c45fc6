import type { JsonSchema } from "../../json.ts";
import type { FillState, Filled } from "./fill-state.ts";
import { countCharacters, fitText, type LengthLimits } from "./fit-text.ts";
import { listTexts, type TextWish } from "./list-texts.ts";
import type { Field } from "./read-field.ts";
import { readPattern, type Pattern } from "./satisfy-pattern.ts";
import { isIn, sentencesOf, type Scope } from "./scope.ts";
import { writeSummary } from "./write-summary.ts";

/** What stands where a format is demanded and the material has nothing: the values that mean "none" by their standards. */
const emptyByFormat: Readonly<Record<string, string>> = {
  date: "0001-01-01",
  "date-time": "0001-01-01T00:00:00Z",
  time: "00:00:00Z",
  duration: "PT0S",
  email: "none@example.invalid",
  "idn-email": "none@example.invalid",
  hostname: "example.invalid",
  "idn-hostname": "example.invalid",
  ipv4: "0.0.0.0",
  ipv6: "::",
  uri: "about:blank",
  url: "https://example.invalid/",
  iri: "about:blank",
  "uri-reference": "about:blank",
  uuid: "00000000-0000-0000-0000-000000000000",
  "json-pointer": "",
  regex: "^$",
};

const validByFormat: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d{2}-\d{2}$/u,
  "date-time": /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u,
  time: /^\d{2}:\d{2}:\d{2}Z$/u,
  email: /^[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}$/u,
  uri: /^https?:\/\/[\w.~:/?#@!$&*+,;=%-]{3,500}$/u,
  url: /^https?:\/\/[\w.-]{3,200}(?:\/[\w.~:/?#@!$&*+,;=%-]{0,400})?$/u,
  uuid: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu,
  ipv4: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/u,
};

function readLimits(schema: JsonSchema): LengthLimits {
  const { minLength, maxLength } = schema;
  return {
    minLength: typeof minLength === "number" && minLength > 0 ? minLength : 0,
    maxLength: typeof maxLength === "number" && maxLength >= 0 ? maxLength : Infinity,
  };
}

/** One string of the material for the field, made to fit the schema's length, format and pattern. */
export function fillString(schema: JsonSchema, field: Field, scope: Scope, state: FillState): Filled {
  const limits = readLimits(schema);
  const { format, pattern } = readForm(schema);
  if (field.meaning === "summary" && !format && !pattern && !scope.anchor)
    return fillSummary(field, scope, state, limits);
  const texts = listTexts(field, scope, toWish(schema, field, state, 1));
  if (format) return fillFormat(format, texts, scope, limits);
  if (pattern) return fillPattern(pattern, texts, scope, limits);
  const text = pickFitting(texts, limits);
  if (text === undefined) return { value: fitText("", limits), isFound: false };
  quote(text, scope, state);
  return { value: fitText(text, limits, texts.slice(1)), isFound: true };
}

/** Several distinct strings of the material, made to fit. */
export function listStrings(schema: JsonSchema, field: Field, scope: Scope, state: FillState, count: number): string[] {
  const limits = readLimits(schema);
  const { format, pattern } = readForm(schema);
  const fitting = listTexts(field, scope, toWish(schema, field, state, count))
    .filter((text) => (!format || isFormatted(format, text)) && (!pattern || pattern.matches(text)))
    .map((text) => ({ text, value: fitText(text, limits) }))
    .filter(({ value }) => countCharacters(value) <= limits.maxLength && value.trim() !== "");
  const distinct = [...new Map(fitting.map(({ text, value }) => [value, text]))].map(([value, text]) => ({
    value,
    text,
  }));
  // What fits whole comes before what must be cut within a clause.
  const ordered = [...distinct.filter(isWhole), ...distinct.filter((one) => !isWhole(one))];
  const chosen = inTextOrder(ordered.slice(0, count), scope);
  for (const { text } of chosen) quote(text, scope, state);
  return chosen.map(({ value }) => value);
}

/** A string that the schema allows and that says nothing, for demanded strings that the material does not hold. */
export function emptyString(schema: JsonSchema): string {
  const limits = readLimits(schema);
  const { format, pattern } = readForm(schema);
  if (format) return emptyByFormat[format] ?? "";
  return pattern ? pattern.makeUp(limits.minLength) : fitText("", limits);
}

interface Fitted {
  readonly text: string;
  readonly value: string;
}

function isWhole({ text, value }: Fitted): boolean {
  return value === text || !value.endsWith("…");
}

// Sentences read best in the order of the text; other things keep the order of their worth.
function inTextOrder(chosen: readonly Fitted[], { reading }: Scope): readonly Fitted[] {
  const places = chosen.map(({ text }) => reading.sentences.findIndex((sentence) => sentence.text === text));
  if (places.includes(-1)) return chosen;
  return chosen
    .map((one, at) => ({ one, place: places[at]! }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

function toWish(schema: JsonSchema, field: Field, state: FillState, count: number): TextWish {
  // "priorityReason" is about the priority, a bare "reason" about the first label.
  const named = [...state.evidence].find(([name]) => name !== "" && field.name.includes(name));
  const evidence = (named ?? [...state.evidence][0])?.[1];
  return {
    ...(typeof schema["format"] === "string" ? { format: schema["format"] } : {}),
    maxLength: readLimits(schema).maxLength,
    count,
    used: state.used,
    ...(evidence === undefined ? {} : { evidence }),
  };
}

function readForm(schema: JsonSchema): { format?: string; pattern?: Pattern } {
  const { format, pattern } = schema;
  const known = typeof format === "string" && format in emptyByFormat ? format : undefined;
  const read = typeof pattern === "string" ? readPattern(pattern) : undefined;
  return { ...(known ? { format: known } : {}), ...(read ? { pattern: read } : {}) };
}

function fillSummary(field: Field, scope: Scope, state: FillState, limits: LengthLimits): Filled {
  const hints = [field.description, state.instructions];
  const { text, sentences } = writeSummary(scope, { limits, hints, used: new Set() });
  for (const { index } of sentences) state.used.add(index);
  return { value: text, isFound: sentences.length > 0 };
}

function fillFormat(format: string, texts: readonly string[], scope: Scope, limits: LengthLimits): Filled {
  const written =
    format === "uri" || format === "url"
      ? texts.map((text) => (text.startsWith("www.") ? `https://${text}` : text))
      : texts;
  const found = [...written, ...listTokens(scope)].find(
    (text) => isFormatted(format, text) && countCharacters(text) <= limits.maxLength,
  );
  return found === undefined ? { value: emptyByFormat[format]!, isFound: false } : { value: found, isFound: true };
}

function isFormatted(format: string, text: string): boolean {
  return validByFormat[format]?.test(text) ?? false;
}

function fillPattern(pattern: Pattern, texts: readonly string[], scope: Scope, limits: LengthLimits): Filled {
  const found = [...texts, ...listTokens(scope)].find((text) => {
    const length = countCharacters(text);
    return length >= limits.minLength && length <= limits.maxLength && pattern.matches(text);
  });
  if (found !== undefined) return { value: found, isFound: true };
  return { value: pattern.makeUp(limits.minLength), isFound: false };
}

const mostTokens = 2_000;

function listTokens(scope: Scope): string[] {
  const { material } = scope.reading;
  const labelled = scope.within ? [] : material.labelled.map(({ value }) => value);
  const words = sentencesOf(scope)
    .slice(0, 200)
    .flatMap(({ text }) => text.split(" "));
  const bare = words.map((word) => word.replaceAll(/^["'“‘(«<[]+|["'”’)»>\].,;:!?]+$/gu, ""));
  return [...labelled, ...bare].slice(0, mostTokens);
}

// A text that fits whole is better than a better one that must be cut, if it is nearly as good.
function pickFitting(texts: readonly string[], { maxLength }: LengthLimits): string | undefined {
  return texts.slice(0, 3).find((text) => countCharacters(text) <= maxLength) ?? texts[0];
}

function quote(text: string, scope: Scope, state: FillState): void {
  const sentence = sentencesOf(scope).find((candidate) => candidate.text === text);
  if (sentence && isIn({ text, sentence: sentence.index, start: 0 }, scope)) state.used.add(sentence.index);
}
