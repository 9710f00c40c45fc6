import { articles, modals, owners, prepositions, pronouns } from "./function-words.ts";

const frame: ReadonlySet<string> = new Set([
  "",
  ",",
  "be",
  "do",
  "have",
  "not",
  ...modals,
  ...pronouns,
  ...articles,
  ...prepositions,
  ...owners,
]);

/** True for a word that says what a text is about. */
export function isMatter(word: string): boolean {
  return !frame.has(word);
}
