import { prepositions } from "./function-words.ts";
import { findPhrase } from "./phrases.ts";
import { contextSynonyms, synonyms } from "./synonyms.ts";
import { comma, type Token } from "./token.ts";

const timeWords: ReadonlySet<string> = new Set(["today", "tomorrow", "yesterday", "now", "tonight"]);
const longestOpening = 4;

/** The clause in one way of the many to say it: without greetings, and with one word for all that stand for each other. */
export function toPlainTokens(tokens: readonly Token[]): readonly Token[] {
  return replacePhrases(replaceSynonyms(moveOpening(tokens)));
}

/** "In Python, ..." and "Today ..." go to the end. */
function moveOpening(tokens: readonly Token[]): readonly Token[] {
  const first = tokens[0]?.text ?? "";
  const end = tokens.findIndex(({ text }) => text === comma.text);
  if (prepositions.has(first) && end > 1 && end <= longestOpening)
    return [...tokens.slice(end + 1), ...tokens.slice(0, end)];
  return timeWords.has(first) ? [...tokens.slice(1), tokens[0]!] : tokens;
}

function replaceSynonyms(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token) => {
    const text = synonyms.get(token.text) ?? token.text;
    const context = contextSynonyms.get(text);
    const fits = context !== undefined && tokens.some((other) => context.with.has(other.text));
    return { ...token, text: fits ? context.word : text };
  });
}

function replacePhrases(tokens: readonly Token[]): readonly Token[] {
  const texts = tokens.map(({ text }) => text);
  const found: Token[] = [];
  let at = 0;
  while (at < tokens.length) {
    const match = findPhrase(texts, at, found.length === 0);
    if (match) {
      found.push(...replace(tokens.slice(at, at + match.length), match.replacement));
      at += match.length;
    } else {
      found.push(tokens[at]!);
      at++;
    }
    // What follows a greeting is still the beginning.
    while (found.length === 0 && texts[at] === comma.text) at++;
  }
  return found;
}

// "How did I" asks for the way too, and is about the past.
function replace(tokens: readonly Token[], replacement: readonly string[]): readonly Token[] {
  const auxiliary = tokens.find(({ text, form }) => form !== undefined && (text === "be" || text === "do"));
  return replacement.map((text, at) => (at === replacement.length - 1 ? { text, form: auxiliary?.form } : { text }));
}
