import { logNormal, whole, type Random } from "../draw.ts";
import { gradeFields } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { cities, companies, months, people } from "../names.ts";
import { writeProse } from "../prose.ts";

const fields = ["orderNumber", "customer", "company", "city", "date", "total", "currency"] as const;

/** Reads orders out of mails. */
export const extract: Feature = {
  task: "extraction",
  description: "Reads the fields of an order out of a mail.",
  instructions:
    "Read the order out of the mail. orderNumber is what the customer calls the order. date is the day on which the order was placed, as YYYY-MM-DD. total is what has to be paid, taxes included, as digits with two decimals. currency is its three-letter code. Use exactly what the mail says, and an empty text for what it does not say.",
  output: {
    type: "object",
    properties: Object.fromEntries(fields.map((name) => [name, { type: "string" }])),
    required: [...fields],
    additionalProperties: false,
  },
  makeItem,
  answer: (says) => Object.fromEntries(says),
  grade: gradeFields,
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const [customer, otherCustomer] = pickTwo(random, people);
  const [company, otherCompany] = pickTwo(random, companies);
  const [city, otherCity] = pickTwo(random, cities);
  const month = whole(random, 1, 12);
  const day = whole(random, 1, 28);
  const year = whole(random, 2023, 2026);
  const orderNumber = `PO-${whole(random, 10_000, 99_999)}`;
  const total = (whole(random, 2000, 990_000) / 100).toFixed(2);
  const net = ((Number(total) * 100) / 119).toFixed(2);
  const [currency, otherCurrency] = pickTwo(random, ["EUR", "GBP", "CHF", "SEK", "DKK"]);
  const placed = `${day} ${months[month - 1]} ${year}`;
  const lines = {
    order: `Our reference is ${orderNumber}, placed on ${placed}.`,
    from: `This is ${customer} of ${company}, writing from our office in ${city}.`,
    sum: `The goods come to ${net} ${currency}, so with tax the total to pay is ${total} ${currency}.`,
  };
  const beside = logNormal(random, 330, 0.7);
  const prose = (share: number): string => writeProse(random, Math.min(beside * share, 2000));
  const text = [
    `Re: ${orderNumber}`,
    lines.from,
    prose(0.4),
    lines.order,
    prose(0.4),
    lines.sum,
    prose(0.2),
    "Kind regards",
  ]
    .filter((part) => part !== "")
    .join("\n");
  const facts: readonly Fact[] = [
    { name: "orderNumber", right: orderNumber, wrong: `${orderNumber}0`, toldBy: lines.order },
    { name: "customer", right: customer, wrong: otherCustomer, toldBy: lines.from },
    { name: "company", right: company, wrong: otherCompany, toldBy: lines.from },
    { name: "city", right: city, wrong: otherCity, toldBy: lines.from },
    { name: "date", right: toDate(year, month, day), wrong: toDate(year, (month % 12) + 1, day), toldBy: lines.order },
    { name: "total", right: total, wrong: net, toldBy: lines.sum },
    { name: "currency", right: currency, wrong: otherCurrency, toldBy: lines.sum },
  ];
  return { texts: [text], facts };
}

function pickTwo(random: Random, list: readonly string[]): readonly [string, string] {
  const first = whole(random, 0, list.length - 1);
  const second = (first + whole(random, 1, list.length - 1)) % list.length;
  return [list[first]!, list[second]!];
}

function toDate(year: number, month: number, day: number): string {
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
