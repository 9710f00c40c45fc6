import type { Filled } from "./fill-state.ts";
import { measureMood } from "./choose-label.ts";
import { findCues, urgentCues } from "./label-cues.ts";
import type { Field } from "./read-field.ts";
import { sentencesOf, type Scope } from "./scope.ts";
import { isNegated, scoreCues } from "./score-cues.ts";
import { contentStems } from "./split-words.ts";

const auxiliaries =
  /\b(?:is|has|have|are|was|were|does|do|did|contains?|mentions?|includes?|should|needs?|requires?|wants?|asks?|requested|required|needed|detected|found|present|flag|flagged|customer|user|author|text|article|ticket|message|for|to|about|any)\b/gu;

/** True if the material holds the cue words of the field's name, not turned around. */
export function fillBoolean(field: Field, scope: Scope): Filled {
  const { reading } = scope;
  const sentences = sentencesOf(scope);
  const has = (kind: string): boolean => reading.contacts.some((contact) => contact.kind === kind);
  const name = field.name;
  if (/\b(?:urgent|urgency|critical|emergency|escalate|escalation|immediate)\b/u.test(name))
    return found(scoreCues(sentences, urgentCues).score >= 1);
  if (/\b(?:positive|happy|satisfied)\b/u.test(name)) return found(measureMood(sentences) > 0.25);
  if (/\b(?:negative|angry|unhappy|upset|frustrated)\b/u.test(name)) return found(measureMood(sentences) < -0.25);
  if (/\b(?:pii|personal data|personal information|personally)\b/u.test(name))
    return found(has("email") || has("phone"));
  if (/\bquestion\b/u.test(name)) return found(sentences.some(({ text }) => text.endsWith("?")));
  if (/\b(?:link|url)s?\b/u.test(name)) return found(has("url"));
  if (/\b(?:english|german|french|spanish|italian)\b/u.test(name))
    return found(
      { english: "en", german: "de", french: "fr", spanish: "es", italian: "it" }[
        /english|german|french|spanish|italian/u.exec(name)![0]
      ] === reading.language,
    );
  if (/\b(?:answered|answerable|grounded)\b/u.test(name)) return found(sentences.length > 0);
  return found(holdsCue(field, scope));
}

function holdsCue(field: Field, scope: Scope): boolean {
  const topic = field.name.replaceAll(auxiliaries, " ").trim();
  const stems = new Set(contentStems(topic === "" ? field.description.replaceAll(auxiliaries, " ") : topic));
  const cues = findCues(topic);
  const wanted = stems.size > 2 ? 2 : 1;
  return sentencesOf(scope).some(({ text, stems: own }) => {
    const shared = [...stems].filter((stem) => own.includes(stem));
    if (shared.length >= wanted) return !isNegated(text, shared[0]!);
    return cues !== undefined && stems.size === 1 && own.some((stem) => cues.stems.has(stem) && !isNegated(text, stem));
  });
}

function found(value: boolean): Filled {
  return { value, isFound: true };
}
