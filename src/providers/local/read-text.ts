import { findAmounts, type NumberMention } from "./find-amounts.ts";
import { findContacts, type ContactMention } from "./find-contacts.ts";
import { findDates, type DateMention } from "./find-dates.ts";
import { findEntities, type Entity } from "./find-entities.ts";
import { findLanguage } from "./find-language.ts";
import { findKeyPhrases, type KeyPhrase } from "./key-phrases.ts";
import type { Mention } from "./mention.ts";
import type { Pace } from "./pace-work.ts";
import { rankSentences } from "./rank-sentences.ts";
import type { Material } from "./read-material.ts";
import { splitSentences, type Sentence } from "./split-sentences.ts";

/** Everything that was noticed in the material, once, before any field is filled. */
export interface Reading {
  readonly material: Material;
  readonly title?: string;
  /** ISO 639-1. */
  readonly language: string;
  readonly sentences: readonly Sentence[];
  /** How well each sentence stands for the text, 0 to 1, by its index. */
  readonly scores: readonly number[];
  readonly phrases: readonly KeyPhrase[];
  readonly entities: readonly Entity[];
  readonly dates: readonly DateMention[];
  readonly numbers: readonly NumberMention[];
  readonly contacts: readonly ContactMention[];
  readonly quotes: readonly Mention[];
  /** If the material comes with a question: sentences that may answer it, best first. */
  readonly passages: readonly Sentence[];
}

export async function readText(material: Material, pace: Pace): Promise<Reading> {
  const sentences = await splitSentences(material.text, pace);
  const title = material.title ?? findTitle(sentences);
  const numbers: NumberMention[] = [];
  const contacts: ContactMention[] = [];
  const quotes: Mention[] = [];
  for (const sentence of sentences) {
    numbers.push(...findAmounts(sentence));
    contacts.push(...findContacts(sentence));
    quotes.push(...findQuotes(sentence));
    await pace(2 * sentence.text.length);
  }
  const dates = findDates(sentences);
  await pace(material.text.length);
  return {
    material,
    ...(title === undefined ? {} : { title }),
    language: findLanguage(material.text),
    sentences,
    scores: await rankSentences(sentences, title, pace),
    phrases: await findKeyPhrases(sentences, pace),
    entities: await findEntities(sentences, pace),
    dates,
    numbers: numbers.filter((number) => ![...dates, ...contacts].some((other) => overlaps(number, other))),
    contacts: contacts.filter((contact) => !dates.some((date) => overlaps(contact, date))),
    quotes,
    passages: [],
  };
}

const boilerplate = /^(?:for )?immediate release|^(?:press|news|media) release|^embargo/iu;

function findTitle(sentences: readonly Sentence[]): string | undefined {
  const first = sentences.slice(0, 4).find(({ text }) => !boilerplate.test(text));
  return first?.isHeading && sentences.length > 1 ? first.text : undefined;
}

function findQuotes({ text, index }: Sentence): Mention[] {
  return [...text.matchAll(/["“„«]([^"“”„«»]{8,600}?)["”“»]/gu)].map((match) => ({
    text: match[1]!.replace(/,$/u, "").trim(),
    sentence: index,
    start: match.index + 1,
  }));
}

function overlaps(a: Mention, b: Mention): boolean {
  return a.sentence === b.sentence && a.start < b.start + b.text.length && b.start < a.start + a.text.length;
}
