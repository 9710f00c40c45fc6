import { createRandom } from "../../../src/testing/hostile-provider/known-text.ts";
import { pick, whole, type Random } from "../draw.ts";
import { gradeCoverage, normalize } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { appliances, cities, makes, months } from "../names.ts";

interface Aspect {
  /** In the handbook. */
  readonly listed: (value: string) => string;
  /** Ways to ask, the usual one first. */
  readonly questions: readonly ((product: string) => string)[];
  readonly says: (product: string, value: string) => string;
  readonly draw: (random: Random) => string;
}

const aspects: readonly Aspect[] = [
  {
    listed: (v) => `${v} years of warranty`,
    questions: [
      (p) => `How long is the warranty of the ${p}?`,
      (p) => `What is the warranty period for the ${p}?`,
      (p) => `For how many years is the ${p} under warranty?`,
      (p) => `How many years of guarantee do I get on a ${p}?`,
    ],
    says: (p, v) => `The ${p} has a warranty of ${v} years.`,
    draw: (r) => String(whole(r, 2, 9)),
  },
  {
    listed: (v) => `${v} watts`,
    questions: [
      (p) => `How many watts does the ${p} use?`,
      (p) => `What is the power consumption of the ${p}?`,
      (p) => `What wattage has the ${p}?`,
      (p) => `How much power does the ${p} draw?`,
    ],
    says: (p, v) => `The ${p} uses ${v} watts.`,
    draw: (r) => String(whole(r, 20, 220) * 10),
  },
  {
    listed: (v) => `${v} grams`,
    questions: [
      (p) => `How heavy is the ${p}?`,
      (p) => `What is the weight of the ${p}?`,
      (p) => `How much does the ${p} weigh?`,
    ],
    says: (p, v) => `The ${p} weighs ${v} grams.`,
    draw: (r) => String(whole(r, 30, 490) * 10),
  },
  {
    listed: (v) => `cable ${v} centimetres`,
    questions: [
      (p) => `How long is the cable of the ${p}?`,
      (p) => `What length does the power cord of the ${p} have?`,
      (p) => `How far does the cord of the ${p} reach?`,
    ],
    says: (p, v) => `The cable of the ${p} is ${v} centimetres long.`,
    draw: (r) => String(whole(r, 14, 60) * 5),
  },
  {
    listed: (v) => `${v} decibels at full power`,
    questions: [
      (p) => `How loud is the ${p}?`,
      (p) => `What is the noise level of the ${p}?`,
      (p) => `How many decibels does the ${p} make?`,
    ],
    says: (p, v) => `The ${p} makes ${v} decibels at full power.`,
    draw: (r) => String(whole(r, 31, 79)),
  },
  {
    listed: (v) => `spare part ${v} euros`,
    questions: [
      (p) => `What does a spare part for the ${p} cost?`,
      (p) => `How much is a replacement part for the ${p}?`,
      (p) => `What is the price of spare parts for the ${p}?`,
    ],
    says: (p, v) => `A spare part for the ${p} costs ${v} euros.`,
    draw: (r) => String(whole(r, 5, 48)),
  },
  {
    listed: (v) => `delivered within ${v} working days`,
    questions: [
      (p) => `How many days does the delivery of the ${p} take?`,
      (p) => `When will the ${p} be delivered if I order it today?`,
      (p) => `What is the delivery time of the ${p}?`,
    ],
    says: (p, v) => `The ${p} is delivered within ${v} working days.`,
    draw: (r) => String(whole(r, 2, 14)),
  },
  {
    listed: (v) => `returned within ${v} days`,
    questions: [
      (p) => `Within how many days can I return the ${p}?`,
      (p) => `How long do I have to send back the ${p}?`,
      (p) => `What is the return period of the ${p}?`,
    ],
    says: (p, v) => `The ${p} can be returned within ${v} days.`,
    draw: (r) => String(pick(r, [14, 21, 28, 30, 45, 60, 90, 100])),
  },
  {
    listed: (v) => `cleaned after every ${v} uses`,
    questions: [
      (p) => `How often should I clean the ${p}?`,
      (p) => `How many uses may go by before I clean the ${p}?`,
      (p) => `When does the ${p} need cleaning?`,
    ],
    says: (p, v) => `The ${p} should be cleaned after every ${v} uses.`,
    draw: (r) => String(whole(r, 4, 60)),
  },
  {
    listed: (v) => `${v} pieces in the box`,
    questions: [
      (p) => `How many pieces are in the box of the ${p}?`,
      (p) => `How many parts does the ${p} come with?`,
      (p) => `What number of accessories is in the package of the ${p}?`,
    ],
    says: (p, v) => `The box of the ${p} holds ${v} pieces.`,
    draw: (r) => String(whole(r, 2, 15)),
  },
  {
    listed: (v) => `${v} programs`,
    questions: [
      (p) => `How many programs does the ${p} have?`,
      (p) => `How many settings are there on the ${p}?`,
      (p) => `What number of modes does the ${p} offer?`,
    ],
    says: (p, v) => `The ${p} has ${v} programs.`,
    draw: (r) => String(whole(r, 2, 24)),
  },
  {
    listed: (v) => `sold since ${v}`,
    questions: [
      (p) => `Since when is the ${p} sold?`,
      (p) => `In which year did the ${p} come out?`,
      (p) => `How old is the model of the ${p}?`,
    ],
    says: (p, v) => `The ${p} has been sold since ${v}.`,
    draw: (r) => String(whole(r, 2004, 2025)),
  },
];

interface Entry {
  readonly product: string;
  readonly aspect: Aspect;
  readonly value: string;
  readonly otherValue: string;
}

const handbook: readonly Entry[] = writeHandbook();

/** Answers questions on products from a handbook in its instructions. Many ask the same, in their own words. */
export const support: Feature = {
  task: "chat",
  description: "Answers a customer's question from the product handbook.",
  instructions: [
    "You answer questions of customers of a maker of household appliances. Use only the handbook below. Name the product in full, as the handbook does, and give the figure that was asked for with its unit. If the handbook does not say it, say that you do not know. Be friendly, and brief.",
    `Handbook:\n${listHandbook()}`,
  ].join("\n\n"),
  output: {
    type: "object",
    properties: { answer: { type: "string" } },
    required: ["answer"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says, chatter) => ({ answer: [says.get("answer"), chatter].filter(Boolean).join(" ") }),
  grade: (output, facts) => gradeCoverage(output["answer"], facts),
};

function makeItem(random: Random, index: number | undefined): Pick<Item, "texts" | "facts"> {
  const entry = index === undefined ? pick(random, handbook) : handbook[(index * stride) % handbook.length]!;
  const { product, aspect, value, otherValue } = entry;
  const facts: readonly Fact[] = [
    { name: "answer", right: aspect.says(product, value), wrong: aspect.says(product, otherValue) },
  ];
  const questions = aspect.questions.map((ask) => ask(product));
  const polite = questions.flatMap((question) => manners.map((put) => put(question)));
  return {
    texts: index === undefined ? [tellStory(random, product, pick(random, questions))] : [...questions, ...polite],
    facts,
  };
}

/** Shares no factor with the size of the handbook: each question comes once, and neighbours are of other products. */
const stride = 37;

function listHandbook(): string {
  const byProduct = Map.groupBy(handbook, ({ product }) => product);
  return [...byProduct]
    .map(([product, entries]) => `- ${product}: ${entries.map(({ aspect, value }) => aspect.listed(value)).join(", ")}`)
    .join("\n");
}

/** What people write around a question. */
const manners: readonly ((question: string) => string)[] = [
  (q) => `Hi, ${q.charAt(0).toLowerCase()}${q.slice(1)}`,
  (q) => `Hello! ${q} Thanks`,
  (q) => `${q} Thank you in advance.`,
  (q) => `quick question: ${q.toLowerCase()}`,
  (q) => `Good morning, I could not find it on your page. ${q}`,
];

function tellStory(random: Random, product: string, question: string): string {
  const since = `${pick(random, months)} ${whole(random, 2015, 2026)}`;
  const city = pick(random, cities);
  const stories = [
    `We have had a ${product} in our flat in ${city} since ${since}. ${question}`,
    `${question} I am asking for my ${pick(random, ["sister", "uncle", "neighbour", "landlady", "colleague"])} in ${city}, who got hers in ${since}.`,
    `I saw it at a friend's in ${city} in ${since} and liked it. ${question}`,
    `Hello from ${city}! ${question} I may buy one in ${pick(random, months)}, together with a ${pick(random, appliances)}.`,
  ];
  return pick(random, stories);
}

function writeHandbook(): readonly Entry[] {
  const random = createRandom("handbook");
  return makes.flatMap((make, index) => {
    const product = `${make} ${appliances[index % appliances.length]}`;
    return aspects.map((aspect) => {
      const value = aspect.draw(random);
      let otherValue = aspect.draw(random);
      while (normalize(otherValue) === normalize(value)) otherValue = aspect.draw(random);
      return { product, aspect, value, otherValue };
    });
  });
}
