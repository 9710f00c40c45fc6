import { isRecord, type JsonSchema } from "../../json.ts";
import { listLabels, type Choice } from "./fill-label.ts";
import { listNumbers } from "./fill-number.ts";
import type { FillState, Filled } from "./fill-state.ts";
import { listStrings } from "./fill-string.ts";
import { findMainSentences } from "./find-statements.ts";
import type { NumberMention } from "./find-amounts.ts";
import type { Mention } from "./mention.ts";
import { readField, type Field, type Meaning } from "./read-field.ts";
import { clampCount, readWantedCount } from "./read-wanted-count.ts";
import { isEqual, resolveSchema } from "./resolve-schema.ts";
import { isIn, nearestFirst, type Scope } from "./scope.ts";

export type FillOne = (schema: unknown, field: Field, scope: Scope, depth: number) => Promise<Filled>;

/** The list to fill and what it is filled with. */
export interface ListTask {
  readonly fill: FillOne;
  /** The allowed values if the schema is a closed choice. */
  readonly readChoices: (schema: JsonSchema) => readonly Choice[] | undefined;
  readonly schema: JsonSchema;
  readonly field: Field;
  readonly scope: Scope;
  readonly state: FillState;
  readonly depth: number;
  /** Gives no more than `minItems`, so that recursive schemas end. */
  readonly isDeep: boolean;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  /** How many a reader would expect. */
  readonly usual: number;
  readonly isTold: boolean;
}

const longestList = 200;
const anchorMeanings: readonly Meaning[] = [
  "person",
  "organisation",
  "place",
  "name",
  "quote",
  "date",
  "money",
  "percentage",
  "email",
  "url",
  "phone",
  "keyword",
  "question",
  "statement",
];
// Lists of things have as many items as there are things; lists of sentences are cut to what one reads.
const usualCounts: Readonly<Partial<Record<Meaning, number>>> = {
  statement: 3,
  summary: 3,
  reason: 2,
  answer: 3,
  keyword: 5,
  other: 3,
  title: 3,
};

/** Items from the material: strings and labels by the field's meaning, objects one for each thing that the list is about. */
export async function fillList(task: ListTask): Promise<Filled> {
  const { schema, field, scope, state, depth } = task;
  const bounds = readBounds(task);
  const values: unknown[] = [];
  const first = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"].slice(0, longestList) : [];
  for (const item of first) values.push((await task.fill(item, field, scope, depth + 1)).value);
  if (schema["items"] === false) return { value: values, isFound: values.length > 0 };
  const item = resolveSchema(itemNode(schema), state.root);
  const most = task.isDeep ? bounds.least : bounds.most;
  const rest = { ...bounds, least: bounds.least - values.length, most: most - values.length };
  const found = rest.most > 0 ? await listItems(item, task, rest) : [];
  values.push(...(schema["uniqueItems"] === true ? dropRepeats(found, values) : found));
  const isFound = values.length > first.length;
  await padList(values, item, task, bounds);
  return { value: values.slice(0, Math.max(bounds.most, first.length)), isFound };
}

// Unresolved, so that whoever fills it sees a reference as one.
function itemNode(schema: JsonSchema): unknown {
  return schema["items"] ?? schema["contains"] ?? {};
}

async function listItems(item: JsonSchema, task: ListTask, bounds: Bounds): Promise<unknown[]> {
  const { field, scope, state } = task;
  const own = typeof item["description"] === "string" ? item["description"] : "";
  const itemField =
    field.meaning === "other" && own !== "" ? readField(field.name, own, readText(item["format"])) : field;
  const wanted = Math.min(bounds.most, Math.max(bounds.usual, bounds.least), longestList);
  const choices = task.readChoices(item);
  if (choices) return listLabels(choices, itemField, scope, state, wanted);
  const type = readType(item);
  if (type === "string") return listStrings(item, itemField, scope, state, wanted);
  if (type === "number" || type === "integer") return listNumbers(item, itemField, scope).slice(0, wanted);
  if (type !== "object" && type !== "union") return [];
  const values: unknown[] = [];
  for (const itemScope of listScopes(item, itemField, scope, state, bounds)) {
    if (state.valuesLeft <= 0 && values.length >= bounds.least) break;
    const filled = await task.fill(itemNode(task.schema), itemField, itemScope, task.depth + 1);
    if (filled.isFound) values.push(filled.value);
  }
  return values;
}

/** One scope for each person, date, quote or whatever the list is about. */
function listScopes(item: JsonSchema, field: Field, scope: Scope, state: FillState, bounds: Bounds): Scope[] {
  const wanted = Math.min(bounds.most, Math.max(bounds.usual, bounds.least), longestList);
  const meaning = findAnchor(item, field, state);
  // A list of things is as long as there are things, unless the schema or the instructions say otherwise.
  const mentions = listMentions(meaning, field, scope).slice(
    0,
    bounds.isTold ? wanted : Math.min(bounds.most, longestList),
  );
  if (mentions.length > 0) {
    return mentions.map((mention) => ({
      reading: scope.reading,
      within: surroundings(mention, scope),
      anchor: { meaning, mention },
    }));
  }
  if (!["statement", "keyword", "other", "summary", "title", "reason", "question"].includes(meaning)) return [];
  return findMainSentences(scope, Math.min(wanted, 60), state.used).map(({ text, index }) => ({
    reading: scope.reading,
    within: new Set([index]),
    anchor: { meaning: "statement", mention: { text, sentence: index, start: 0 } },
  }));
}

function findAnchor(item: JsonSchema, field: Field, state: FillState): Meaning {
  const properties = isRecord(item["properties"]) ? Object.entries(item["properties"]) : [];
  const meanings = new Set<Meaning>();
  for (const [name, schema] of properties) {
    const resolved = resolveSchema(schema, state.root);
    meanings.add(readField(name, readText(resolved["description"]) ?? "", readText(resolved["format"])).meaning);
  }
  if (/\b(?:entit(?:y|ies)|names?|mentions?)\b/u.test(field.name)) return "name";
  if (/\b(?:events?|timeline|milestones?|schedule|dates)\b/u.test(field.name))
    return meanings.has("date") ? "date" : "statement";
  if (anchorMeanings.includes(field.meaning) && field.meaning !== "statement" && field.meaning !== "keyword")
    return field.meaning;
  return anchorMeanings.find((meaning) => meanings.has(meaning)) ?? field.meaning;
}

function listMentions(meaning: Meaning, field: Field, scope: Scope): readonly Mention[] {
  const { entities, quotes, dates, numbers, contacts } = scope.reading;
  switch (meaning) {
    case "person":
    case "organisation":
    case "place":
      return nearestFirst(
        entities.filter(({ kind }) => kind === meaning),
        field,
        scope,
      );
    case "name":
      return entities.filter((entity) => isIn(entity, scope));
    case "quote":
      return quotes.filter((quote) => isIn(quote, scope));
    case "date":
      return dates.filter((date) => isIn(date, scope));
    case "money":
    case "percentage":
      return onceEach(
        numbers.filter((number) => number.kind === meaning && isIn(number, scope)),
        scope,
      );
    case "email":
    case "url":
    case "phone":
      return contacts.filter((contact) => contact.kind === meaning && isIn(contact, scope));
    default:
      return [];
  }
}

// A headline and the first sentence name the same sum; the sentence says more about it.
function onceEach(numbers: readonly NumberMention[], { reading }: Scope): NumberMention[] {
  const isHeading = ({ sentence }: Mention): boolean => reading.sentences[sentence]!.isHeading;
  return numbers.filter((number, at) => {
    const twins = numbers.filter(({ value, currency }) => value === number.value && currency === number.currency);
    const best = twins.find((twin) => !isHeading(twin)) ?? twins[0]!;
    return numbers.indexOf(best) === at;
  });
}

// "LINDHOLM, 12 March 2026." alone says nothing of the day; the next sentence does.
function surroundings({ sentence }: Mention, { reading }: Scope): ReadonlySet<number> {
  const isBare = reading.sentences[sentence]!.stems.length < 5 && sentence + 1 < reading.sentences.length;
  return new Set(isBare ? [sentence, sentence + 1] : [sentence]);
}

async function padList(values: unknown[], item: JsonSchema, task: ListTask, bounds: Bounds): Promise<void> {
  const { schema, field, scope, depth } = task;
  const isUnique = schema["uniqueItems"] === true;
  const choices = task.readChoices(item) ?? [];
  for (let tries = 0; values.length < Math.min(bounds.least, 1_000) && tries < 1_000; tries++) {
    const choice = choices[tries % Math.max(1, choices.length)];
    const next = choice ? choice.value : (await task.fill(itemNode(schema), field, emptyScope(scope), depth + 1)).value;
    if (!isUnique || !values.some((value) => isEqual(value, next))) values.push(next);
    else if (!choice) values.push(vary(next, values.length));
  }
}

// An item that the material does not give is left empty, not filled with what another item already says.
function emptyScope({ reading }: Scope): Scope {
  return { reading, within: new Set() };
}

function vary(value: unknown, at: number): unknown {
  if (typeof value === "string") return `${value}${at}`;
  return typeof value === "number" ? value + at : value;
}

function dropRepeats(found: readonly unknown[], before: readonly unknown[]): unknown[] {
  const seen = new Set(before.map((value) => JSON.stringify(value)));
  return found.filter((value) => {
    const key = JSON.stringify(value);
    return !seen.has(key) && seen.add(key);
  });
}

function readBounds({ schema, field, scope, state }: ListTask): Bounds {
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : schema["contains"] ? 1 : 0;
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : longestList;
  const unit = `${
    field.name
      .split(" ")
      .at(-1)!
      .replaceAll(/[^\p{L}]/gu, "")
      .replace(/s$/u, "") || "item"
  }s?|bullets?|points?|items?|sentences?`;
  const told =
    readWantedCount(field.description, unit) ??
    (field.meaning === "statement" ? readWantedCount(state.instructions, unit.replace("|sentences?", "")) : undefined);
  const isProse = field.meaning === "statement" || field.meaning === "summary";
  const size = isProse ? scope.reading.sentences.length / 3 : longestList;
  const usual = told ? clampCount(told, size) : Math.min(usualCounts[field.meaning] ?? longestList, Math.ceil(size));
  return { least, most, usual: Math.min(most, Math.max(usual, least)), isTold: told !== undefined };
}

function readType(item: JsonSchema): string {
  const { type } = item;
  const named = Array.isArray(type) ? (type as unknown[]).find((one) => one !== "null") : type;
  if (typeof named === "string") return named;
  if (item["anyOf"] ?? item["oneOf"]) return isRecord(item["properties"]) ? "object" : "union";
  return isRecord(item["properties"]) ? "object" : "string";
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
