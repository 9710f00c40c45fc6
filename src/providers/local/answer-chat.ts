import { fitText } from "./fit-text.ts";
import { findMainSentences } from "./find-statements.ts";
import { readWantedCount } from "./read-wanted-count.ts";
import type { Reading } from "./read-text.ts";
import type { Scope } from "./scope.ts";
import { writeSummary } from "./write-summary.ts";

/** What the engine says of itself where there is no text to work on. */
export const introduction =
  "This is Headgate's built-in offline engine (local/extractive): it is not a language model and can only pick sentences, names, dates and amounts out of a text that you send along; for real chat, add a provider to headgate.config.ts or set OPENAI_API_KEY.";

const asksForPoints = /\b(?:bullets?|bullet points?|key points?|takeaways?|highlights?|list of points|main points)\b/iu;
const asksForSummary = /\b(?:summari[sz]e|summary|sum up|tl;?dr|shorten|condense|gist|overview)\b/iu;
const asksForList = /\b(?:list|extract|find|give|which|what|who|name|all|any)\b/iu;

// "Hello" and "thanks a lot" are no texts to work on.
const shortestMaterial = 60;

/** A plain-text answer: sentences and facts of the conversation's own text, word for word. */
export function answerChat(reading: Reading): string {
  const answer = chooseAnswer(reading);
  return reading.material.isCut ? `${answer}\n\n(Only the first 200,000 characters of the text were read.)` : answer;
}

function chooseAnswer(reading: Reading): string {
  if (reading.sentences.length < 2 && reading.material.text.length < shortestMaterial) return introduction;
  const scope: Scope = { reading };
  const { instructions, question } = reading.material;
  const asked = instructions.slice(-2_000);
  if (question !== undefined && !asksForSummary.test(question)) return answerQuestion(scope);
  if (asksForPoints.test(asked)) return writePoints(asked, scope);
  const facts = asksForSummary.test(asked) ? undefined : listFacts(asked, reading);
  if (facts) return facts;
  return writeSummary(scope, { limits: { minLength: 0, maxLength: Infinity }, hints: [asked], used: new Set() }).text;
}

function answerQuestion(scope: Scope): string {
  const [best] = scope.reading.passages;
  if (best) return best.text;
  const closest = findMainSentences(scope, 1, new Set())[0]!.text;
  return `The offline engine (local/extractive) found no passage that answers this; the text's main sentence is: ${closest}`;
}

function writePoints(asked: string, scope: Scope): string {
  const wanted = readWantedCount(asked, "bullets?|points?|takeaways?|highlights?|items?|sentences?")?.atMost ?? 3;
  const chosen = findMainSentences(scope, Math.min(Math.max(wanted, 1), 50), new Set());
  return chosen
    .sort((a, b) => a.index - b.index)
    .map(({ text }) => `- ${fitText(text, { minLength: 0, maxLength: 300 })}`)
    .join("\n");
}

function listFacts(asked: string, reading: Reading): string | undefined {
  if (!asksForList.test(asked)) return undefined;
  const kinds: readonly (readonly [RegExp, readonly string[]])[] = [
    [/\be-?mail/iu, reading.contacts.filter(({ kind }) => kind === "email").map(({ text }) => text)],
    [/\b(?:phone|telephone)/iu, reading.contacts.filter(({ kind }) => kind === "phone").map(({ text }) => text)],
    [/\b(?:urls?|links?)\b/iu, reading.contacts.filter(({ kind }) => kind === "url").map(({ text }) => text)],
    [/\bdates?\b/iu, reading.dates.map(({ text }) => text)],
    [
      /\b(?:amounts?|prices?|costs?|sums?)\b/iu,
      reading.numbers.filter(({ kind }) => kind === "money").map(({ text }) => text),
    ],
    [
      /\b(?:people|persons?|names?)\b/iu,
      reading.entities.filter(({ kind }) => kind === "person").map(({ text }) => text),
    ],
    [
      /\b(?:organi[sz]ations?|companies|company)\b/iu,
      reading.entities.filter(({ kind }) => kind === "organisation").map(({ text }) => text),
    ],
    [
      /\b(?:places?|locations?|cities|countries)\b/iu,
      reading.entities.filter(({ kind }) => kind === "place").map(({ text }) => text),
    ],
    [/\b(?:keywords?|tags?|topics?|key ?phrases?)\b/iu, reading.phrases.slice(0, 8).map(({ text }) => text)],
  ];
  const found = [...new Set(kinds.filter(([pattern]) => pattern.test(asked)).flatMap(([, texts]) => texts))];
  return found.length === 0 ? undefined : found.map((text) => `- ${text}`).join("\n");
}
