import type { Field } from "./read-field.ts";
import { selectSentences } from "./rank-sentences.ts";
import { sentencesOf, type Scope } from "./scope.ts";
import type { Sentence } from "./split-sentences.ts";
import { contentStems } from "./split-words.ts";

const causes =
  /\b(?:because|since|due to|owing to|as a result|after|caused|reason|therefore|so that|thanks to|in order to)\b/iu;

/** The sentences that stand best for the material, without repeats, leaving those in `used` for last. */
export function findMainSentences(scope: Scope, count: number, used: ReadonlySet<number>): Sentence[] {
  const { sentences, scores } = scope.reading;
  const candidates = sentencesOf(scope);
  const lowered = scores.map((score, at) => (used.has(at) ? score * 0.2 : score));
  const chosen = selectSentences(candidates, lowered, count);
  return chosen.length > 0 || sentences.length === 0 ? chosen : sentences.slice(0, 1);
}

/** Sentences that share words with a field's name and description, best first; empty if none does. */
export function findMatchingSentences(field: Field, scope: Scope): Sentence[] {
  return rankByStems(field.stems, scope);
}

/** Sentences that are most likely to answer the question by their words. */
export function findPassages(question: string, scope: Scope): Sentence[] {
  const stems = new Set(contentStems(question));
  const wanted = expectedAnswer(question);
  return rankByStems(stems, scope, (sentence) => (wanted?.test(sentence.text) ? 0.35 : 0));
}

/** Sentences that give causes, those about the field's words first. */
export function findReasons(field: Field, scope: Scope): Sentence[] {
  const matching = findMatchingSentences(field, scope);
  return [...matching, ...sentencesOf(scope)].filter(({ text }) => causes.test(text)).concat(matching);
}

function rankByStems(
  stems: ReadonlySet<string>,
  scope: Scope,
  bonus: (sentence: Sentence) => number = () => 0,
): Sentence[] {
  const { sentences, scores } = scope.reading;
  const rarity = new Map<string, number>();
  for (const stem of stems) {
    const holders = sentences.filter((sentence) => sentence.stems.includes(stem)).length;
    if (holders > 0) rarity.set(stem, Math.log(1 + sentences.length / holders));
  }
  const total = [...rarity.values()].reduce((sum, weight) => sum + weight, 0);
  return sentencesOf(scope)
    .map((sentence) => {
      const own = new Set(sentence.stems);
      const shared = [...rarity].reduce((sum, [stem, weight]) => sum + (own.has(stem) ? weight : 0), 0);
      const match = total === 0 ? 0 : shared / total;
      const shape = sentence.isHeading || sentence.text.endsWith("?") ? 0.5 : 1;
      return {
        sentence,
        match,
        score: match === 0 ? 0 : (match + bonus(sentence) + 0.15 * scores[sentence.index]!) * shape,
      };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.sentence.index - b.sentence.index)
    .map(({ sentence }) => sentence);
}

function expectedAnswer(question: string): RegExp | undefined {
  if (/^\W*when\b|what (?:date|day|year|time)\b/iu.test(question))
    return /\b(?:\d{4}|\d{1,2}[:.]\d{2}|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|winter)\b/iu;
  if (/\bhow (?:many|much|far|old|big|large|tall|often)\b/iu.test(question))
    return /\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million)\b/iu;
  if (/\bhow long\b/iu.test(question))
    return /\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|metres?|meters?|kilomet\w+|miles?)\b/iu;
  if (/^\W*who\b/iu.test(question)) return /\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+/u;
  if (/^\W*where\b/iu.test(question)) return /\b(?:in|at|near|on|from|to) (?:the )?\p{Lu}/u;
  if (/^\W*why\b/iu.test(question)) return causes;
  return undefined;
}
