import { measureMood } from "./choose-label.ts";
import { toIsoDate, toIsoDateTime, toIsoTime, type DateMention } from "./find-dates.ts";
import type { EntityKind } from "./find-entities.ts";
import { findMainSentences, findMatchingSentences, findReasons } from "./find-statements.ts";
import { matchesLabel } from "./match-label.ts";
import type { Field, Meaning } from "./read-field.ts";
import { haveCommon, isIn, nearestFirst, sentencesOf, type Scope } from "./scope.ts";
import { languageNames, type Language } from "./stop-words.ts";

export interface TextWish {
  /** The schema's `format`. */
  readonly format?: string;
  readonly maxLength: number;
  /** How many texts are wanted; for more than one, a weaker match is better than none. */
  readonly count: number;
  /** Sentences that other fields already quote. */
  readonly used: ReadonlySet<number>;
  /** The sentence that decided a label before, for fields that ask for the reason. */
  readonly evidence?: string;
}

const identifier =
  /(?<![\p{L}\p{N}])#?(?=[A-Z\d/_-]{0,30}\d)(?:[A-Z]{1,8}[-_/]?)?\d[A-Z\d]{0,20}(?:[-_/][A-Z\d]{1,20}){0,5}(?![\p{L}\p{N}])/gu;
const mostTexts = 200;

/** Texts of the material that could stand in the field, best first; empty if the material holds none. */
export function listTexts(field: Field, scope: Scope, wish: TextWish): string[] {
  const labelled = findLabelled(field, scope, wish);
  return [...new Set([...labelled, ...listByMeaning(field, scope, wish)])]
    .filter((text) => text !== "")
    .slice(0, mostTexts);
}

function listByMeaning(field: Field, scope: Scope, wish: TextWish): string[] {
  const { reading, anchor } = scope;
  if (anchor && (anchor.meaning === field.meaning || isNameOf(field.meaning, anchor.meaning))) {
    const date = reading.dates.find((mention) => mention === anchor.mention);
    return [date ? writeDate(date, field, wish) : anchor.mention.text];
  }
  switch (field.meaning) {
    case "email":
    case "url":
    case "phone":
      return texts(
        nearestFirst(
          reading.contacts.filter(({ kind }) => kind === field.meaning),
          field,
          scope,
        ),
      );
    case "date":
    case "time":
    case "year":
      return nearestFirst(reading.dates, field, scope).map((date) => writeDate(date, field, wish));
    case "money":
      return texts(
        nearestFirst(
          reading.numbers.filter(({ kind }) => kind === "money"),
          field,
          scope,
        ),
      );
    case "percentage":
      return texts(
        nearestFirst(
          reading.numbers.filter(({ kind }) => kind === "percentage"),
          field,
          scope,
        ),
      );
    case "count":
    case "rating":
    case "confidence":
      return texts(nearestFirst(reading.numbers, field, scope).filter(({ nearness }) => nearness > 0));
    case "currency":
      return nearestFirst(reading.numbers, field, scope).flatMap(({ currency }) => currency ?? []);
    case "person":
    case "organisation":
    case "place":
      return listNames(field.meaning, field, scope);
    case "name":
      return listNames(undefined, field, scope);
    case "language":
      return [
        wantsLanguageName(field) ? (languageNames[reading.language as Language] ?? reading.language) : reading.language,
      ];
    default:
      return listSentences(field, scope, wish);
  }
}

function listSentences(field: Field, scope: Scope, wish: TextWish): string[] {
  const { reading } = scope;
  switch (field.meaning) {
    case "sentiment":
      return [nameMood(measureMood(sentencesOf(scope)))];
    case "keyword":
      return reading.phrases
        .filter(({ sentences }) => !scope.within || haveCommon(scope.within, sentences))
        .map(({ text }) => text);
    case "quote":
      return [
        ...texts(reading.quotes.filter((quote) => isIn(quote, scope))),
        ...(wish.count > 1 ? [] : mainTexts(scope, wish, 1)),
      ];
    case "question":
      return [
        ...(reading.material.question ? [reading.material.question] : []),
        ...texts(sentencesOf(scope).filter(({ text }) => text.endsWith("?"))),
      ];
    case "title":
      return [...(reading.title && !scope.within ? [reading.title] : []), ...mainTexts(scope, wish, 3)];
    case "identifier":
      return listIdentifiers(field, scope);
    case "role":
      return listRoles(scope);
    case "reason":
      return [
        ...(wish.evidence ? [wish.evidence] : []),
        ...texts(findReasons(field, scope)),
        ...mainTexts(scope, wish, 3),
      ];
    case "answer":
      return answer(field, scope, wish);
    case "summary":
    case "statement":
      return listStatements(field, scope, wish);
    default:
      return listOther(field, scope, wish);
  }
}

/** Values of `Label: value` lines and JSON fields whose label is the field's name. */
function findLabelled(field: Field, { reading, within }: Scope, wish: TextWish): string[] {
  if (within) return [];
  const values = reading.material.labelled.filter((candidate) => matchesLabel(candidate, field.name));
  // A labelled date or address is found again by its pattern, in the wanted form.
  const isPattern = ["date", "time", "year", "email", "url", "phone", "money", "percentage", "summary"].includes(
    field.meaning,
  );
  return isPattern || wish.format !== undefined ? [] : values.map(({ value }) => value);
}

function listNames(kind: EntityKind | undefined, field: Field, scope: Scope): string[] {
  const named = scope.reading.entities.filter((entity) => kind === undefined || entity.kind === kind);
  return texts(nearestFirst(named, field, scope));
}

function listIdentifiers(field: Field, scope: Scope): string[] {
  const mentions = sentencesOf(scope).flatMap(({ text, index }) =>
    [...text.matchAll(identifier)].map((match) => ({
      text: match[0].replace(/^#/u, ""),
      sentence: index,
      start: match.index,
    })),
  );
  const isTaken = (text: string): boolean => scope.reading.dates.some((date) => date.text.includes(text));
  const looksLikeOne = (text: string): boolean => /[A-Z]/u.test(text) || text.length >= 6;
  return nearestFirst(mentions, field, scope)
    .filter(({ text, nearness }) => !isTaken(text) && (nearness > 0 || looksLikeOne(text)))
    .map(({ text }) => text);
}

const appositionPattern =
  /^, ((?:the |an? |its |their |our )?[\p{L}][\p{L} '’&-]{2,80}?)(?:,(?=\s)| said| says|\.(?=\s|$|["”])|$)/u;
const leadingRole =
  /((?:[\p{L}-]+ ){0,3}(?:director|manager|minister|mayor|professor|engineer|editor|founder|president|analyst|spokes\w+|coach|captain|officer|executive|chair\w*|doctor|teacher|researcher),?) (?:(?:Dr|Prof|Mr|Mrs|Ms)\.? )?$/iu;
const leadingApposition = /, ((?:\p{Ll}[\p{L}-]* ){1,3})$/u;
const noRole =
  /^(?:(?:said|says|added|told|asked|by|and|with|when|who|where|which|as|but|to|from|in|at|on)\b|\p{L}+ed\b(?! \p{Ll}))/iu;
const article = /^(?:(?:the|an?|its|their|our|and|but|said|says|by) )+|,? ?$/giu;

// "Ada Okafor, director of the museum, said" and "museum director Ada Okafor".
function listRoles(scope: Scope): string[] {
  const { reading, anchor } = scope;
  const people = anchor
    ? [anchor.mention]
    : reading.entities.filter((entity) => entity.kind === "person" && isIn(entity, scope));
  return people.flatMap((person) => {
    const { text } = reading.sentences[person.sentence]!;
    const after = text.slice(person.start + person.text.length, person.start + person.text.length + 120);
    const apposition = after.match(appositionPattern)?.[1];
    const before = text.slice(Math.max(0, person.start - 60), person.start);
    const leading = before.match(leadingRole)?.[1] ?? before.match(leadingApposition)?.[1];
    const role = [apposition, leading]
      .map((words) => words?.replaceAll(article, "") ?? "")
      .find((words) => words !== "" && !noRole.test(words));
    return role === undefined ? [] : [role];
  });
}

function answer(field: Field, scope: Scope, wish: TextWish): string[] {
  const { material, passages: ranked } = scope.reading;
  const passages = material.question && !scope.within ? ranked : findMatchingSentences(field, scope);
  return [...texts(passages.slice(0, 5)), ...mainTexts(scope, wish, 3)];
}

// "risks", "nextSteps": sentences about the field's own words come before those about the whole text.
function listStatements(field: Field, scope: Scope, wish: TextWish): string[] {
  const isGeneral =
    /\b(?:key|main|bullets?|points?|takeaways?|highlights?|summary|facts?|sentences?|text|overview|abstract|statement)\b/u.test(
      field.name,
    );
  const matching = isGeneral || scope.within ? [] : findMatchingSentences(field, scope).slice(0, 10);
  return [...texts(matching), ...mainTexts(scope, wish, Math.min(wish.count + 8, 60))];
}

function listOther(field: Field, scope: Scope, wish: TextWish): string[] {
  const matching = texts(findMatchingSentences(field, scope).slice(0, 10));
  if (scope.anchor && matching.length === 0) return mainTexts(scope, wish, 1);
  return matching.length > 0 || wish.count === 1 ? matching : mainTexts(scope, wish, Math.min(wish.count + 8, 60));
}

function mainTexts(scope: Scope, wish: TextWish, count: number): string[] {
  return texts(findMainSentences(scope, count, wish.used));
}

function writeDate(date: DateMention, field: Field, { format, maxLength }: TextWish): string {
  if (field.meaning === "year") return date.year === undefined ? "" : String(date.year);
  if (format === "time" || field.meaning === "time")
    return format === "time"
      ? `${toIsoTime(date)}Z`
      : date.secondOfDay === undefined
        ? ""
        : toIsoTime(date).slice(0, 5);
  if (format === "date-time") return toIsoDateTime(date) ?? "";
  const wantsIso = format === "date" || maxLength === 10 || /iso|yyyy/iu.test(field.description);
  return wantsIso ? (toIsoDate(date) ?? "") : date.text;
}

function isNameOf(wanted: Meaning, anchor: Meaning): boolean {
  if (anchor === "statement" || anchor === "quote" || anchor === "keyword")
    return (
      wanted === "statement" ||
      wanted === anchor ||
      wanted === "name" ||
      (anchor === "statement" && wanted === "summary")
    );
  return wanted === "name" || (anchor === "name" && ["person", "organisation", "place"].includes(wanted));
}

function wantsLanguageName({ description }: Field): boolean {
  return /\bname\b|english name|such as english|"english"/iu.test(description) && !/iso|code/iu.test(description);
}

function nameMood(mood: number): string {
  if (mood > 0.25) return "positive";
  return mood < -0.25 ? "negative" : "neutral";
}

function texts(mentions: readonly { readonly text: string }[]): string[] {
  return mentions.map(({ text }) => text);
}
