import { logNormal, pick, whole, type Random } from "../draw.ts";
import { gradeCoverage } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { cities, people } from "../names.ts";

type Word = readonly [english: string, german: string, mistaken: string];

const days: readonly Word[] = [
  ["Monday", "Montag", "Mittag"],
  ["Tuesday", "Dienstag", "Dienst"],
  ["Wednesday", "Mittwoch", "Mittwinter"],
  ["Thursday", "Donnerstag", "Donner"],
  ["Friday", "Freitag", "freien Tag"],
];
const things: readonly Word[] = [
  ["the invoice", "die Rechnung", "die Anrechnung"],
  ["the contract", "der Vertrag", "der Kontrakt"],
  ["the delivery", "die Lieferung", "die Leistung"],
  ["the offer", "das Angebot", "das Opfer"],
  ["the key", "der Schlüssel", "die Taste"],
  ["the manual", "die Anleitung", "das Handbuch"],
];
const states: readonly Word[] = [
  ["ready", "fertig", "bereitwillig"],
  ["on the way", "unterwegs", "im Weg"],
  ["incomplete", "unvollständig", "komplett"],
  ["confirmed", "bestätigt", "gefestigt"],
  ["overdue", "überfällig", "übrig"],
];

/** Sentences with a word in them that is easily mistaken. */
const sentences: readonly ((random: Random) => readonly [english: string, german: string, mistaken: string])[] = [
  (r) =>
    fill(
      pick(r, days),
      (d) => `We are closed on ${d}.`,
      (d) => `Am ${d} haben wir geschlossen.`,
    ),
  (r) => {
    const name = pick(r, people);
    return fill(
      pick(r, days),
      (d) => `${name} will call you on ${d}.`,
      (d) => `${name} ruft Sie am ${d} an.`,
    );
  },
  (r) => {
    const thing = pick(r, things);
    return fill(
      pick(r, states),
      (s) => `As of today ${thing[0]} is ${s}.`,
      (s) => `Seit heute ist ${thing[1]} ${s}.`,
    );
  },
  (r) => {
    const count = whole(r, 2, 90);
    return fill(
      pick(r, things),
      (t) => `In ${count} days ${t} will be with you.`,
      (t) => `In ${count} Tagen ist ${t} bei Ihnen.`,
    );
  },
  (r) => {
    const city = pick(r, cities);
    return fill(
      pick(r, days),
      (d) => `The train to ${city} is full on ${d}.`,
      (d) => `Der Zug nach ${city} ist am ${d} voll.`,
    );
  },
  (r) => {
    const room = whole(r, 100, 499);
    return fill(
      pick(r, things),
      (t) => `In room ${room} you will find ${t}.`,
      (t) => `In Zimmer ${room} liegt ${t}.`,
    );
  },
];

function fill(
  [english, german, mistaken]: Word,
  sayEnglish: (word: string) => string,
  sayGerman: (word: string) => string,
): readonly [string, string, string] {
  return [sayEnglish(english), sayGerman(german), sayGerman(mistaken)];
}

/** Translates notices and phrases into German. */
export const translate: Feature = {
  task: "translation",
  description: "Translates a notice into German.",
  instructions:
    "Translate the text into German, sentence by sentence, for customers of a company. Address them as Sie. Keep names, numbers and the order of the sentences. Translate nothing twice, and leave nothing out.",
  output: {
    type: "object",
    properties: { translation: { type: "string" } },
    required: ["translation"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says) => ({ translation: [...says.values()].join(" ") }),
  grade: (output, facts) => gradeCoverage(output["translation"], facts),
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const count = Math.min(Math.max(1, Math.round(logNormal(random, 6, 0.8))), 80);
  const lines = Array.from({ length: count }, () => pick(random, sentences)(random));
  const facts: readonly Fact[] = lines.map(([english, right, wrong], index) => ({
    name: `sentence-${index}`,
    right,
    wrong,
    toldBy: english,
  }));
  return { texts: [lines.map(([english]) => english).join(" ")], facts };
}
