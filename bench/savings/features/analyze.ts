import { logNormal, pick, whole, type Random } from "../draw.ts";
import { gradeNumber } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";
import { cities, months } from "../names.ts";

interface Row {
  readonly city: string;
  readonly month: string;
  readonly units: number;
  readonly cents: number;
}

interface Question {
  readonly ask: (city: string, month: string) => string;
  readonly compute: (rows: readonly Row[], city: string, month: string) => number;
}

const sum = (rows: readonly Row[], of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);

const questions: readonly Question[] = [
  {
    ask: (city) => `What is the revenue of ${city} over all months?`,
    compute: (rows, city) =>
      sum(
        rows.filter((row) => row.city === city),
        ({ cents }) => cents,
      ) / 100,
  },
  {
    ask: (_city, month) => `How many units were sold in ${month}, all cities together?`,
    compute: (rows, _city, month) =>
      sum(
        rows.filter((row) => row.month === month),
        ({ units }) => units,
      ),
  },
  {
    ask: (city, month) =>
      `How many more units did ${city} sell over all months than all cities together in ${month}? Give a negative number for fewer.`,
    compute: (rows, city, month) =>
      sum(rows, (row) => (row.city === city ? row.units : 0)) -
      sum(rows, (row) => (row.month === month ? row.units : 0)),
  },
];

/** Computes figures from tables. */
export const analyze: Feature = {
  task: "analysis",
  description: "Computes a figure from a table of sales.",
  instructions:
    "Answer the question from the table below it. Work it out step by step before you answer, and check the sum a second time. Give the figure as a plain number, with two decimals if it is an amount of money, and say in a sentence or two how it comes about.",
  output: {
    type: "object",
    properties: { figure: { type: "number" }, explanation: { type: "string" } },
    required: ["figure", "explanation"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says, chatter) => ({ figure: Number(says.get("figure")), explanation: chatter }),
  grade: (output, facts) => gradeNumber(output["figure"], facts[0]!.right),
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const count = Math.min(Math.max(8, Math.round(logNormal(random, 1000, 0.6) / tokensPerRow)), 400);
  const rows = Array.from({ length: count }, (_, index) => ({
    city: cities[Math.floor(index / months.length) % cities.length]!,
    month: months[index % months.length]!,
    units: whole(random, 3, 900),
    cents: whole(random, 2000, 9_000_000),
  }));
  const { city } = pick(random, rows);
  const { month } = pick(random, rows);
  const question = pick(random, questions);
  const figure = question.compute(rows, city, month);
  const table = rows.map((row) => `${row.city},${row.month},${row.units},${(row.cents / 100).toFixed(2)}`);
  const text = `${question.ask(city, month)}\n\nTable ${whole(random, 100_000, 999_999)}:\ncity,month,units,revenue\n${table.join("\n")}`;
  const mistake = figure + pick(random, rows).units;
  const facts: readonly Fact[] = [
    { name: "figure", right: String(figure), wrong: String(mistake), toldBy: table.at(-1)! },
  ];
  return { texts: [text], facts };
}

const tokensPerRow = 13;
