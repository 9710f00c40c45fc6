import { createRandom } from "../../../src/testing/hostile-provider/known-text.ts";
import { logNormal, pick, whole, type Random } from "../draw.ts";
import { gradeFields } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { appliances, cities, makes, months, people } from "../names.ts";
import { writeProse } from "../prose.ts";

interface Topic {
  readonly label: string;
  readonly about: string;
  /** What it is easily taken for. */
  readonly near: string;
  readonly complaints: readonly ((random: Random) => string)[];
}

const thing = (r: Random): string => `${pick(r, makes)} ${pick(r, appliances)}`;
const order = (r: Random): string => `order ${whole(r, 100_000, 999_999)}`;

const topics: readonly Topic[] = [
  {
    label: "billing",
    about: "Invoices, charges, discounts that were not taken off, and payments that failed or came twice.",
    near: "cancellation",
    complaints: [
      (r) => `I was charged twice for ${order(r)}, once on the ${whole(r, 2, 14)}th and again two days later.`,
      (r) => `The invoice for my ${thing(r)} shows ${whole(r, 40, 300)} euros, but I had a voucher for a fifth of it.`,
      (r) => `My card was declined when I paid ${order(r)}, and yet the bank says that the money is gone.`,
    ],
  },
  {
    label: "delivery",
    about: "Parcels that are late, lost, damaged on the way, or at the wrong address.",
    near: "returns",
    complaints: [
      (r) => `The tracking of ${order(r)} has said "in ${pick(r, cities)}" for ${whole(r, 4, 20)} days now.`,
      (r) => `The courier left my ${thing(r)} at a neighbour's who has never heard of it.`,
      (r) => `My parcel from ${pick(r, cities)} was soaked when it came; the ${thing(r)} inside looks dry so far.`,
    ],
  },
  {
    label: "returns",
    about: "Sending something back, exchanges, refunds for what was sent back, and return labels.",
    near: "billing",
    complaints: [
      (r) => `How do I send back the ${thing(r)}? It is too large for our kitchen and still in its box.`,
      (r) => `I returned ${order(r)} in ${pick(r, months)} and have seen no refund.`,
      (r) => `I would like to swap my ${thing(r)} for the grey one; where do I get a label?`,
    ],
  },
  {
    label: "technical",
    about: "Something that does not work, makes noises, smells, leaks, or shows an error.",
    near: "returns",
    complaints: [
      (r) => `My ${thing(r)} stops after ${whole(r, 2, 30)} minutes and blinks ${whole(r, 2, 6)} times.`,
      (r) => `Since last week the ${thing(r)} makes a grinding noise whenever it starts.`,
      (r) => `The ${thing(r)} shows error E${whole(r, 10, 60)}, which is not in the manual.`,
    ],
  },
  {
    label: "account",
    about: "Signing in, passwords, e-mail addresses, data that is stored, and the newsletter.",
    near: "technical",
    complaints: [
      (r) => `I cannot sign in any more since I moved to ${pick(r, cities)} and got a new telephone number.`,
      () => "The link for a new password has expired each time by the time the mail gets here.",
      (r) => `Please change the e-mail address of my account; ${order(r)} went to the old one.`,
    ],
  },
  {
    label: "cancellation",
    about: "Cancelling an order that has not been sent, or a subscription.",
    near: "returns",
    complaints: [
      (r) => `Please cancel ${order(r)}; I have found the same ${thing(r)} at home.`,
      (r) => `I want to end my subscription for filters by the end of ${pick(r, months)}.`,
      (r) => `I ordered two of the ${thing(r)} by mistake. Stop one of them before it is sent.`,
    ],
  },
  {
    label: "product-question",
    about: "Questions before buying: what fits, what is in the box, when something is in stock again.",
    near: "technical",
    complaints: [
      (r) => `Will the ${thing(r)} be in stock again before ${pick(r, months)}?`,
      (r) => `Does the lid of the older ${thing(r)} fit the new one?`,
      (r) =>
        `Is there a plug for ${pick(r, ["Swiss", "British", "Danish", "Italian"])} sockets in the box of the ${thing(r)}?`,
    ],
  },
  {
    label: "praise",
    about: "Thanks, and good news that ask for nothing.",
    near: "product-question",
    complaints: [
      (r) => `I only write to say that the ${thing(r)} is still going strong after ${whole(r, 3, 12)} years.`,
      (r) => `${pick(r, people)} on your hotline was a delight; the ${thing(r)} works again.`,
      (r) => `My mother in ${pick(r, cities)} loves her ${thing(r)}. Well done.`,
    ],
  },
];

const urgencies = [
  {
    level: "high",
    about: "danger, a deadline within two days, or the third mail on the matter",
    signs: [
      "It smells of burning, so I have pulled the plug.",
      "I need it solved by tomorrow evening.",
      "This is the third time that I write about this.",
    ],
  },
  {
    level: "normal",
    about: "everything else that needs an answer",
    signs: [
      "I would be glad to hear from you this week.",
      "Let me know what you need from me.",
      "What should I do next?",
    ],
  },
  {
    level: "low",
    about: "nothing is needed, or the customer says that there is no hurry",
    signs: ["There is no hurry at all.", "No need to answer.", "Whenever somebody has the time is fine."],
  },
] as const;

/** Sorts customers' mails. Most are short; some drag a long thread along, newest mail first. */
export const triage: Feature = {
  task: "classification",
  description: "Sorts a customer's mail by topic and urgency.",
  instructions: writeInstructions(),
  output: {
    type: "object",
    properties: {
      label: { type: "string", enum: topics.map(({ label }) => label) },
      urgency: { type: "string", enum: urgencies.map(({ level }) => level) },
    },
    required: ["label", "urgency"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says) => Object.fromEntries(says),
  grade: gradeFields,
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const topic = pick(random, topics);
  const complaint = pick(random, topic.complaints)(random);
  const urgency = whole(random, 0, urgencies.length - 1);
  const sign = pick(random, urgencies[urgency]!.signs);
  const tokens = logNormal(random, 90, 1);
  const more = writeProse(random, Math.min(tokens, 150));
  const thread =
    tokens > 150
      ? `\n\nOn the ${whole(random, 2, 28)}th you wrote:\n> ${writeProse(random, Math.min(tokens - 150, 4000))}`
      : "";
  const text = `Subject: ${whole(random, 10_000, 99_999)}\n\nHello,\n${complaint} ${sign}${more && ` ${more}`}\n\n${pick(random, people)}${thread}`;
  const facts: readonly Fact[] = [
    { name: "label", right: topic.label, wrong: topic.near, toldBy: complaint },
    { name: "urgency", right: urgencies[urgency]!.level, wrong: urgencies[(urgency + 1) % 3]!.level, toldBy: sign },
  ];
  return { texts: [text], facts };
}

function writeInstructions(): string {
  const random = createRandom("triage examples");
  const examples = Array.from({ length: 15 }, () => {
    const topic = pick(random, topics);
    const urgency = pick(random, urgencies);
    const mail = `${pick(random, topic.complaints)(random)} ${pick(random, urgency.signs)}`;
    return `Mail: ${mail}\nAnswer: ${JSON.stringify({ label: topic.label, urgency: urgency.level })}`;
  });
  return [
    "You sort the mails that customers of a maker of household appliances send to its service desk. Read the newest mail of the thread and say what it is about and how urgent it is. People at the service desk see your answer beside the mail and work through the most urgent ones first, so a mail that is sorted wrongly waits in the wrong place.",
    "A mail may touch several topics. Take the one that the customer wants something done about; where there are two, take the one that is named first. Do not guess from the product: a kettle can be late, broken or loved. Older mails that are quoted below the newest one only count where the newest one refers to them. Signatures, disclaimers and advertisements at the end of a mail never count. If the mail is in another language, sort it as you would an English one.",
    `Topics:\n${topics.map(({ label, about }) => `- ${label}: ${about}`).join("\n")}`,
    `Urgency:\n${urgencies.map(({ level, about }) => `- ${level}: ${about}`).join("\n")}`,
    "Anger alone does not make a mail urgent, and politeness does not make it less so. A danger to people or to the home is always urgent, even if the customer takes it lightly. A threat to go to the press or to a lawyer is not urgent by itself: the legal team reads those mails anyway.",
    `Examples:\n\n${examples.join("\n\n")}`,
    "Answer with the two fields and nothing else.",
  ].join("\n\n");
}
