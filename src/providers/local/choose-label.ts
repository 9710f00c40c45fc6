import { calmCues, findCues, negativeCues, positiveCues, urgentCues, type CueSet } from "./label-cues.ts";
import { scoreCues, type CueScore } from "./score-cues.ts";
import type { Sentence } from "./split-sentences.ts";
import { contentStems, splitWords } from "./split-words.ts";
import { languageNames, type Language } from "./stop-words.ts";

export interface Label {
  /** As the schema writes it. */
  readonly name: string;
  /** What the schema or the instructions say about it; "" if nothing. */
  readonly description: string;
}

export interface LabelQuestion {
  readonly labels: readonly Label[];
  readonly sentences: readonly Sentence[];
  /** A subject line that stands outside the sentences. */
  readonly title?: string;
  /** ISO 639-1 code of the material. */
  readonly language: string;
  /** Likeness of each label to the material by embeddings, in the labels' order; absent: words alone decide. */
  readonly likeness?: readonly number[];
}

export interface LabelScore {
  /** Index in `labels`. */
  readonly label: number;
  readonly score: number;
  readonly evidence?: Sentence;
}

const catchAll =
  /^(?:other|others|misc|miscellaneous|general|unknown|none|n\/?a|else|unclear|uncategori[sz]ed|not applicable|default)$/iu;
const levels: readonly RegExp[] = [
  /^(?:lowest|trivial|none|p5|p4|sev ?4)$/u,
  /^(?:low|minor|p3|sev ?3|can wait)$/u,
  /^(?:normal|medium|moderate|standard|average|regular|routine|p2|sev ?2)$/u,
  /^(?:high|major|important|elevated|p1|sev ?1)$/u,
  /^(?:urgent|critical|highest|blocker|emergency|severe|immediate|p0|sev ?0)$/u,
];
const moods: Readonly<Record<string, number>> = {
  "very positive": 2,
  positive: 1,
  happy: 1,
  satisfied: 1,
  good: 1,
  neutral: 0,
  mixed: 0,
  negative: -1,
  unhappy: -1,
  dissatisfied: -1,
  bad: -1,
  angry: -2,
  frustrated: -1,
  "very negative": -2,
};
// What one unit of cosine likeness above the labels' mean weighs against one cue word.
const likenessWeight = 8;
// Below it a text is about none of the labels, if there is one for that.
const leastLikeness = 0.12;
const catchAllScore = 0.9;

/** Scores every label, best first; equal scores keep the schema's order. */
export function chooseLabel(question: LabelQuestion): LabelScore[] {
  const titled = withTitle(question);
  const scores = scoreScale(titled) ?? scoreMoods(titled) ?? scoreLanguages(titled) ?? scoreTopics(titled);
  return scores.sort((a, b) => b.score - a.score || a.label - b.label);
}

/**
 * True if words cannot decide: labels that neither a row of cues nor a description serves, or none of whose words is in
 * the text. Measured on 20
 * sentences under such labels, words alone get 4 right and embeddings 19; on the 30 support tickets of the tests, words
 * get more right than embeddings, which then would only cost time.
 */
export function needsLikeness(question: LabelQuestion): boolean {
  const titled = withTitle(question);
  if (scoreScale(titled) ?? scoreMoods(titled) ?? scoreLanguages(titled)) return false;
  const topics = question.labels.filter(({ name }) => !catchAll.test(plainName(name)));
  const isStrange = topics.some(({ name, description }) => description === "" && findCues(name) === undefined);
  return topics.length > 1 && (isStrange || scoreTopics(titled).every(({ score }) => score <= catchAllScore));
}

/** Signed mood of a text: about -1 to 1. */
export function measureMood(sentences: readonly Sentence[]): number {
  const good = scoreCues(sentences, positiveCues).score;
  const bad = scoreCues(sentences, negativeCues).score;
  return good + bad === 0 ? 0 : (good - bad) / (good + bad + 0.5);
}

/** What the instructions say about a label: "- billing: charges and refunds", "use `billing` for charges". */
export function describeLabel(name: string, text: string): string {
  const label = name.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`).slice(0, 100);
  const quoted = `["'\`*]{0,3}${label}["'\`*]{0,3}`;
  const patterns = [
    `(?:^|[\\n,;.:(\\s])${quoted} ?\\(([^()\\n]{3,240})\\)`,
    `(?:^|[\\n,;.(\\s])${quoted} ?(?::|=|–|—| - ) ?([^\\n;]{3,240})`,
    `${quoted},? (?:for|when|if|means|is for|covers) ([^.;\\n]{3,240})`,
  ];
  for (const pattern of patterns) {
    const found = new RegExp(pattern, "iu").exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return "";
}

function withTitle(question: LabelQuestion): LabelQuestion {
  const { title, sentences } = question;
  if (title === undefined) return question;
  const heading = { text: title, index: -1, paragraph: -1, stems: contentStems(title), isHeading: true };
  return { ...question, sentences: [heading, ...sentences] };
}

function scoreScale({ labels, sentences }: LabelQuestion): LabelScore[] | undefined {
  const ranks = labels.map(({ name }) => levels.findIndex((level) => level.test(plainName(name))));
  if (labels.length < 2 || ranks.includes(-1)) return undefined;
  const urgent = scoreCues(sentences, urgentCues);
  const calm = scoreCues(sentences, calmCues);
  const wanted = calm.score > 0 && calm.score >= urgent.score ? 1 : urgent.score >= 3 ? 4 : urgent.score >= 1 ? 3 : 2;
  const evidence = wanted > 2 ? urgent.evidence : calm.evidence;
  return ranks.map((rank, label) => ({ label, score: -Math.abs(rank - wanted), evidence }));
}

function scoreMoods({ labels, sentences }: LabelQuestion): LabelScore[] | undefined {
  const values = labels.map(({ name }) => moods[plainName(name)]);
  if (labels.length < 2 || values.includes(undefined)) return undefined;
  const good = scoreCues(sentences, positiveCues);
  const bad = scoreCues(sentences, negativeCues);
  const mood = measureMood(sentences);
  const isMixed = Math.abs(mood) < 0.25 && good.score >= 2 && bad.score >= 2;
  const wanted =
    Math.abs(mood) < 0.25 ? 0 : Math.sign(mood) * (Math.abs(mood) > 0.85 && good.score + bad.score > 4 ? 2 : 1);
  const evidence = wanted > 0 ? good.evidence : bad.evidence;
  return values.map((value, label) => {
    const fits = plainName(labels[label]!.name) === "mixed" ? (isMixed ? 0.1 : -1.5) : 0;
    return { label, score: fits - Math.abs(value! - wanted), evidence };
  });
}

function scoreLanguages({ labels, language }: LabelQuestion): LabelScore[] | undefined {
  const wanted = new Set([language, languageNames[language as Language]?.toLowerCase()]);
  const isLanguage = (name: string): boolean =>
    Object.entries(languageNames).some(([code, full]) => name === code || name === full.toLowerCase());
  if (labels.filter(({ name }) => isLanguage(plainName(name))).length < 2) return undefined;
  return labels.map(({ name }, label) => ({
    label,
    score: wanted.has(plainName(name)) ? 1 : catchAll.test(name) ? 0.5 : 0,
  }));
}

function scoreTopics({ labels, sentences, likeness }: LabelQuestion): LabelScore[] {
  const shared = countShared(labels);
  const mean = likeness ? likeness.reduce((sum, value) => sum + value, 0) / likeness.length : 0;
  const hasCatchAll = labels.some(({ name }) => catchAll.test(plainName(name)));
  const alike = likeness && (!hasCatchAll || Math.max(...likeness) >= leastLikeness) ? likeness : undefined;
  return labels.map((label, at) => {
    if (catchAll.test(plainName(label.name))) return { label: at, score: catchAllScore };
    const { score, evidence } = scoreTopic(label, sentences, shared);
    const extra = alike ? likenessWeight * (alike[at]! - mean) : 0;
    return { label: at, score: score + extra, evidence };
  });
}

function scoreTopic(label: Label, sentences: readonly Sentence[], shared: ReadonlyMap<string, number>): CueScore {
  const own = new Set(contentStems(plainName(label.name)));
  const described = new Set(contentStems(label.description).filter((stem) => !own.has(stem) && shared.get(stem) === 1));
  const cues: Pick<CueSet, "stems" | "phrases"> = findCues(label.name) ?? { stems: new Set(), phrases: [] };
  const others = new Set([...cues.stems].filter((stem) => !own.has(stem) && !described.has(stem)));
  const parts = [
    { weight: 2, ...scoreCues(sentences, { stems: own, phrases: [] }) },
    { weight: 1.2, ...scoreCues(sentences, { stems: described, phrases: [] }) },
    { weight: 1, ...scoreCues(sentences, { ...cues, stems: others }) },
  ];
  const evidence = parts.find((part) => part.evidence)?.evidence;
  return { score: parts.reduce((sum, part) => sum + part.weight * part.score, 0), evidence };
}

// A word that describes several labels tells none apart.
function countShared(labels: readonly Label[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, description } of labels) {
    for (const stem of new Set(contentStems(`${plainName(name)} ${description}`)))
      counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  return counts;
}

function plainName(name: string): string {
  return splitWords(name.replaceAll(/([\p{Ll}])(\p{Lu})/gu, "$1 $2").replaceAll(/[_-]/gu, " ")).join(" ");
}
