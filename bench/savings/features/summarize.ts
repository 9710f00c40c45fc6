import { logNormal, pick, whole, type Random } from "../draw.ts";
import { gradeCoverage } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { cities, companies, months, people } from "../names.ts";
import { writeProse } from "../prose.ts";

/** A key fact of a report, as a sentence with one figure or name in it. */
type KeyFact = (random: Random, place: string) => readonly [right: string, wrong: string];

const vary =
  (say: (place: string, value: string) => string, draw: (random: Random) => string): KeyFact =>
  (random, place) => {
    const value = draw(random);
    let other = draw(random);
    while (other === value) other = draw(random);
    return [say(place, value), say(place, other)];
  };

const keyFacts: readonly KeyFact[] = [
  vary(
    (p, v) => `The works in ${p} will cost ${v} million euros.`,
    (r) => (whole(r, 11, 999) / 10).toFixed(1),
  ),
  vary(
    (p, v) => `The site in ${p} opens on ${v}.`,
    (r) => `${whole(r, 1, 28)} ${pick(r, months)}`,
  ),
  vary(
    (p, v) => `${v} is in charge of the project in ${p}.`,
    (r) => pick(r, people),
  ),
  vary(
    (p, v) => `The contract for ${p} went to ${v}.`,
    (r) => pick(r, companies),
  ),
  vary(
    (p, v) => `In ${p} about ${v} people will work there.`,
    (r) => String(whole(r, 20, 900)),
  ),
  vary(
    (p, v) => `The council of ${p} voted for it with ${v} votes.`,
    (r) => String(whole(r, 11, 60)),
  ),
  vary(
    (p, v) => `Visitors to ${p} will pay ${v} euros.`,
    (r) => String(whole(r, 3, 40)),
  ),
  vary(
    (p, v) => `The old building in ${p} dates from ${v}.`,
    (r) => String(whole(r, 1620, 1975)),
  ),
];

/** Summarises reports. Their key facts stand anywhere between the first line and the last. */
export const summarize: Feature = {
  task: "summarization",
  description: "Summarises a report for busy readers.",
  instructions:
    "Summarise the report for readers who have no time to read it. Keep every figure, date, name and decision that matters, and leave out who met whom and when. Use only what the report says. Write whole sentences, one for each point, in the order of the report.",
  output: {
    type: "object",
    properties: { summary: { type: "string" } },
    required: ["summary"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says, chatter) => ({ summary: [...says.values(), chatter].filter((part) => part !== "").join(" ") }),
  grade: (output, facts) => gradeCoverage(output["summary"], facts),
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const place = pick(random, cities);
  const known = keyFacts.filter(() => random() < 0.7);
  const facts: readonly Fact[] = (known.length > 0 ? known : keyFacts).map((keyFact, index) => {
    const [right, wrong] = keyFact(random, place);
    return { name: `fact-${index}`, right, wrong, toldBy: right };
  });
  const tokens = Math.min(logNormal(random, 1100, 0.8), 12_000);
  const between = tokens / (facts.length + 1);
  const paragraphs = facts.map(({ right }) => `${writeProse(random, between)} ${right}`.trim());
  const title = `Report ${whole(random, 100_000, 999_999)} from ${place}`;
  return { texts: [[title, ...paragraphs, writeProse(random, between)].join("\n\n").trim()], facts };
}
