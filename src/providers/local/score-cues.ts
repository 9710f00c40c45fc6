import type { CueSet } from "./label-cues.ts";
import type { Sentence } from "./split-sentences.ts";

export interface CueScore {
  readonly score: number;
  /** The sentence that speaks loudest. */
  readonly evidence?: Sentence;
}

const negation =
  /\b(?:not|no|never|without|isn't|aren't|wasn't|don't|doesn't|didn't|cannot|can't|won't|hardly|neither|nor)\b/iu;

/** Adds up the cues of a text. The first mention of a cue counts most, and a heading or subject line counts double. */
export function scoreCues(sentences: readonly Sentence[], cues: Pick<CueSet, "stems" | "phrases">): CueScore {
  const seen = new Map<string, number>();
  let score = 0;
  let evidence: Sentence | undefined;
  let loudest = 0;
  for (const sentence of sentences) {
    let here = 0;
    const count = (cue: string, weight: number): void => {
      const times = seen.get(cue) ?? 0;
      seen.set(cue, times + 1);
      here += weight * (times === 0 ? 1 : times < 3 ? 0.3 : 0);
    };
    for (const stem of sentence.stems) if (cues.stems.has(stem)) count(stem, 1);
    if (cues.phrases.length > 0) {
      const lower = ` ${sentence.text.toLowerCase().replaceAll("’", "'")} `;
      for (const phrase of cues.phrases) if (holdsPhrase(lower, phrase)) count(phrase, 1.6);
    }
    if (sentence.isHeading) here *= 2;
    score += here;
    // A subject line decides, but is no sentence to quote.
    if (here > loudest && sentence.index >= 0) [loudest, evidence] = [here, sentence];
  }
  return { score, evidence };
}

/** True if the sentence turns the cue around: "not urgent", "never received". */
export function isNegated(sentence: string, stemStart: string): boolean {
  const at = sentence.toLowerCase().indexOf(stemStart);
  return negation.test(sentence.slice(Math.max(0, at - 25), Math.max(0, at)));
}

function holdsPhrase(lower: string, phrase: string): boolean {
  const at = lower.indexOf(phrase);
  return at > 0 && !/[\p{L}\p{N}]/u.test(lower[at - 1]!) && !/[\p{L}\p{N}]/u.test(lower[at + phrase.length] ?? " ");
}
