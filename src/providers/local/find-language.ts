import { splitWords } from "./split-words.ts";
import { stopWordsByLanguage, type Language } from "./stop-words.ts";

const scripts: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Thai}/u, "th"],
  [/\p{Script=Devanagari}/u, "hi"],
];

/** ISO 639-1 code of the text's language by its script or its most frequent function words; "en" if nothing tells. */
export function findLanguage(text: string): string {
  const head = text.slice(0, 4_000);
  const letters = head.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, code] of scripts) {
    const written = head.match(new RegExp(script, "gu"))?.length ?? 0;
    if (written > 0.2 * letters) return code;
  }
  const words = splitWords(head);
  let best: Language = "en";
  let most = 0;
  for (const [language, stopWords] of Object.entries(stopWordsByLanguage) as [Language, ReadonlySet<string>][]) {
    const known = words.filter((word) => stopWords.has(word)).length;
    if (known > most) [best, most] = [language, known];
  }
  return best;
}
