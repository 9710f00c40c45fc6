import { cities, companies, months, people } from "./names.ts";
import { pick, whole, type Random } from "./draw.ts";

/** Text beside the point, as there is in every mail and report. */

const shapes: readonly ((random: Random) => string)[] = [
  (r) =>
    `${pick(r, people)} asked the ${pick(r, teams)} in ${pick(r, cities)} to look at it before the end of ${pick(r, months)}.`,
  (r) =>
    `The ${pick(r, teams)} had planned for ${whole(r, 3, 90)} visitors and got about ${whole(r, 91, 240)} of them.`,
  (r) => `A note from ${pick(r, companies)} says that the old contract stays in force until it is replaced.`,
  (r) =>
    `In ${pick(r, cities)} the weather was ${pick(r, ["mild", "wet", "windy", "clear", "cold"])}, which changed little for those who work indoors.`,
  (r) => `${pick(r, people)} would rather wait for the figures of ${pick(r, months)} than decide on a guess.`,
  (r) => `There were ${whole(r, 2, 9)} remarks on the last draft, most of them about the order of the chapters.`,
  (r) => `Nobody at ${pick(r, companies)} could say who had written the page, but everyone seemed to use it.`,
  (r) => `The meeting in ${pick(r, cities)} was moved twice, first for a holiday and then for a strike on the railway.`,
  (r) =>
    `As in earlier years, the ${pick(r, teams)} keeps a list of open points, and ${pick(r, people)} goes through it on Mondays.`,
  (r) => `People who live near the site have asked for less noise after ${whole(r, 6, 10)} in the evening.`,
  (r) =>
    `${pick(r, companies)} sent a ${pick(r, ["short", "long", "friendly", "formal"])} letter that was read aloud and then filed.`,
  (r) => `It took ${whole(r, 2, 12)} weeks to find a room, and the one that was found is larger than needed.`,
  (r) => `${pick(r, people)} and ${pick(r, people)} disagree about the wording, though hardly about the matter itself.`,
  (r) =>
    `The photographs were taken in ${pick(r, months)} and show the ${pick(r, ["yard", "hall", "roof", "gate", "office"])} before the repairs.`,
  (r) => `Whoever needs a copy can get one from the ${pick(r, teams)}, on paper or as a file.`,
  (r) =>
    `Trains between ${pick(r, cities)} and ${pick(r, cities)} ran late that week, so some parcels were late as well.`,
  (r) => `The new form has ${whole(r, 4, 20)} fields, of which people usually fill in half.`,
  (r) => `After lunch ${pick(r, people)} showed the slides again for those who had joined by telephone.`,
  (r) => `Much of it had been said before, as ${pick(r, people)} from ${pick(r, companies)} remarked.`,
  (r) => `The ${pick(r, teams)} expects an answer from the authorities within ${whole(r, 10, 60)} days.`,
];

const teams = [
  "finance team",
  "field team",
  "night shift",
  "planning group",
  "design studio",
  "service desk",
  "board",
] as const;

/** Sentences of about `tokens` tokens together; none for less than a sentence. */
export function writeProse(random: Random, tokens: number): string {
  const sentences: string[] = [];
  for (let chars = 0; ;) {
    const sentence = pick(random, shapes)(random);
    chars += sentence.length + 1;
    if (chars > tokens * charsPerToken) return sentences.join(" ");
    sentences.push(sentence);
  }
}

/** Of this prose, by the o200k tokenizer. */
const charsPerToken = 4.9;
