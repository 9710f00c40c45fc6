import { invariableNouns, irregularForms, nounsInIng, participles, verbs } from "./word-forms.ts";

export interface Lemma {
  readonly text: string;
  /** `past`: ordered, was; `participle`: broken, which is never a past tense by itself. */
  readonly form?: "past" | "participle";
  readonly isPlural?: true;
}

/** The form of an English word that dictionaries list. Words that are not known keep their endings, but for a plural's. */
export function findLemma(word: string): Lemma {
  const irregular = irregularForms.get(word);
  if (irregular) return irregular;
  if (word.length < 4 || invariableNouns.has(word)) return { text: word };
  const participle = participles.get(word);
  if (participle !== undefined) return { text: participle, form: "participle" };
  if (word.endsWith("ed")) return findVerb(word, "ed", { form: "past" }) ?? { text: word };
  if (word.endsWith("ing")) return (nounsInIng.has(word) ? undefined : findVerb(word, "ing", {})) ?? { text: word };
  return findSingular(word);
}

function findVerb(word: string, ending: string, found: Omit<Lemma, "text">): Lemma | undefined {
  const stem = word.slice(0, -ending.length);
  const isDoubled = stem.at(-1) === stem.at(-2);
  const bases = [
    stem,
    `${stem}e`,
    isDoubled ? stem.slice(0, -1) : "",
    stem.endsWith("i") ? `${stem.slice(0, -1)}y` : "",
  ];
  const base = bases.find((candidate) => verbs.has(candidate));
  return base === undefined ? undefined : { ...found, text: base };
}

function findSingular(word: string): Lemma {
  if (!word.endsWith("s") || /(?:ss|us|is)$/u.test(word)) return { text: word };
  if (word.length > 4 && word.endsWith("ies")) return { text: `${word.slice(0, -3)}y`, isPlural: true };
  const ending = /(?:x|z|ch|sh|ss|us|o)es$/u.test(word) ? 2 : 1;
  return { text: word.slice(0, -ending), isPlural: true };
}
