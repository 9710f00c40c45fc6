import type { Pace } from "./pace-work.ts";
import type { Sentence } from "./split-sentences.ts";
import { findWords, stemWord } from "./split-words.ts";
import { isStopWord } from "./stop-words.ts";

export interface KeyPhrase {
  /** As it is written most often; lower case unless it is a name. */
  readonly text: string;
  readonly stems: readonly string[];
  readonly score: number;
  /** Indexes of the sentences that hold it. */
  readonly sentences: ReadonlySet<number>;
}

const longestPhrase = 3;
const kept = 60;
// In a long text a phrase that occurs once is not a key phrase, and there are too many of them to sort in one turn.
const addressPattern = /\S{1,64}@\S{1,255}|(?:https?:\/\/|www\.)\S{1,500}/giu;
const fewCandidates = 4_000;
// Verbs and time words that are frequent in any text and name no topic.
const weak = new Set(
  "accord add agree announc appear ask become begin believ bring call claim come continu day decid describ expect explain find follow friday give happen help hour hop includ keep know later leave month monday morn need number offer open part people percent plan provid receiv remain report right saturday see send show start stay sunday take tell thank thing think thursday time today told tomorrow tri tuesday turn wednesday week work year yesterday please hello regard hi dear minut bit lot way good great sure able last next first second ago back already yet still around toward twice once eur usd gbp chf attach sinc".split(
    " ",
  ),
);

/** Runs of topic words that are frequent, early and long, best first and without one inside another. */
export async function findKeyPhrases(sentences: readonly Sentence[], pace: Pace): Promise<KeyPhrase[]> {
  const candidates = new Map<string, Candidate>();
  for (const sentence of sentences) {
    for (const run of findRuns(sentence.text)) collect(candidates, run, sentence);
    await pace(sentence.text.length);
  }
  const repeated = [...candidates.values()].filter(({ count }) => candidates.size < fewCandidates || count > 1);
  const ranked = repeated
    .map((candidate) => toKeyPhrase(candidate, sentences.length))
    .sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
  const phrases: KeyPhrase[] = [];
  for (const phrase of ranked) {
    if (phrases.length >= kept) break;
    const isCovered = phrases.some((other) => sharesWords(phrase.stems, other.stems));
    if (!isCovered) phrases.push(phrase);
  }
  return phrases;
}

interface Token {
  readonly text: string;
  readonly stem: string;
  readonly startsSentence: boolean;
}

interface Candidate {
  readonly stems: readonly string[];
  readonly forms: Map<string, number>;
  readonly sentences: Set<number>;
  readonly first: number;
  count: number;
  names: number;
}

function findRuns(text: string): Token[][] {
  const runs: Token[][] = [];
  let run: Token[] = [];
  let end = 0;
  for (const [at, word] of findWords(text.replaceAll(addressPattern, hide)).entries()) {
    const stem = stemWord(word.text);
    const isTopic =
      !isStopWord(word.text.toLowerCase()) && word.text.length > 2 && !weak.has(stem) && !/^\d/u.test(word.text);
    const gap = text.slice(end, word.start);
    if (!isTopic || (gap !== " " && gap !== "-")) {
      runs.push(run);
      run = [];
    }
    if (isTopic) run.push({ text: word.text, stem, startsSentence: at === 0 });
    end = word.start + word.text.length;
  }
  runs.push(run);
  return runs.filter(({ length }) => length > 0);
}

// The parts of an address are no words, and its place must not join its neighbours.
function hide(address: string): string {
  return ";".repeat(address.length);
}

function collect(candidates: Map<string, Candidate>, run: readonly Token[], sentence: Sentence): void {
  for (let start = 0; start < run.length; start++) {
    for (let size = 1; size <= longestPhrase && start + size <= run.length; size++) {
      const tokens = run.slice(start, start + size);
      if (size === 1 && /(?:ed|ing|ly)$/u.test(tokens[0]!.text)) continue;
      if (/(?:ed|ing|ly)$/u.test(tokens.at(-1)!.text)) continue;
      const key = tokens.map((token) => token.stem).join(" ");
      const known = candidates.get(key) ?? {
        stems: tokens.map((token) => token.stem),
        forms: new Map<string, number>(),
        sentences: new Set<number>(),
        first: sentence.index,
        count: 0,
        names: 0,
      };
      const form = tokens.map((token) => token.text).join(" ");
      known.forms.set(form, (known.forms.get(form) ?? 0) + 1);
      known.sentences.add(sentence.index);
      known.count++;
      if (tokens.every((token) => /^\p{Lu}/u.test(token.text) && !token.startsSentence)) known.names++;
      candidates.set(key, known);
    }
  }
}

function toKeyPhrase(candidate: Candidate, total: number): KeyPhrase {
  const { stems, forms, count, names, first, sentences } = candidate;
  const form = [...forms].reduce((best, other) => (other[1] > best[1] ? other : best))[0];
  const isName = names > 0;
  // A long phrase that occurs once is chance; one that comes again is a term.
  const length = stems.length === 1 ? 1 : count > 1 || isName ? 1 + 0.6 * (stems.length - 1) : 0.7;
  const place = 1 + 0.5 / (1 + (4 * first) / Math.max(1, total));
  return {
    text: isName ? form : form.toLowerCase(),
    stems,
    score: Math.log2(1 + count) * length * place * (isName ? 1.2 : 1),
    sentences,
  };
}

function sharesWords(a: readonly string[], b: readonly string[]): boolean {
  const shared = a.filter((stem) => b.includes(stem)).length;
  return shared >= Math.min(a.length, b.length) || (shared > 0 && a.length > 1 && b.length > 1);
}
