import { logNormal, pick, whole, type Random } from "../draw.ts";
import { gradeLines } from "../grade.ts";
import type { Fact, Feature, Item } from "../item.ts";

const tables = ["orders", "visits", "invoices", "parcels", "tickets", "repairs"] as const;
const numbers = ["amount", "weight", "duration", "distance", "rating", "priority"] as const;
const texts = ["city", "status", "channel", "carrier", "category", "owner"] as const;

/** Writes queries against a schema that comes along, as in an editor or a reporting tool. */
export const code: Feature = {
  task: "coding",
  description: "Writes a SQL query for a schema.",
  instructions:
    "Write one PostgreSQL query for the task. Use only the tables and columns of the schema, qualify nothing that is not ambiguous, write key words in lower case, and add no comments. Explain in a sentence or two what the query does.",
  output: {
    type: "object",
    properties: { query: { type: "string" }, explanation: { type: "string" } },
    required: ["query", "explanation"],
    additionalProperties: false,
  },
  makeItem,
  answer: (says, chatter) => ({ query: [...says.values()].join("\n"), explanation: chatter }),
  grade: (output, facts) => gradeLines(output["query"], facts),
};

function makeItem(random: Random): Pick<Item, "texts" | "facts"> {
  const table = pick(random, tables);
  const [sum, by, filter] = [pick(random, numbers), pick(random, texts), pick(random, numbers)];
  const [least, most] = [whole(random, 2, 400), whole(random, 3, 50)];
  const isDescending = random() < 0.5;
  const task = [
    `Task ${whole(random, 100_000, 999_999)}: for the table ${table}, give the total ${sum} for each ${by},`,
    `counting only rows whose ${filter} is above ${least}.`,
    `Show the ${most} ${by} values with the ${isDescending ? "largest" : "smallest"} total, in that order.`,
  ].join(" ");
  const direction = isDescending ? "desc" : "asc";
  const facts: readonly Fact[] = [
    { name: "select", right: `select ${by}, sum(${sum})`, wrong: `select ${by}, count(${sum})`, toldBy: task },
    { name: "from", right: `from ${table}`, wrong: `from ${table} left join lines`, toldBy: task },
    { name: "where", right: `where ${filter} > ${least}`, wrong: `where ${filter} >= ${least}`, toldBy: task },
    { name: "group", right: `group by ${by}`, wrong: `group by ${by}, ${sum}`, toldBy: task },
    {
      name: "order",
      right: `order by sum(${sum}) ${direction} limit ${most}`,
      wrong: `order by ${by} ${direction} limit ${most}`,
      toldBy: task,
    },
  ];
  return { texts: [`${task}\n\nSchema:\n${writeSchema(random, logNormal(random, 1300, 0.7))}`], facts };
}

/** About `tokens` tokens of tables. */
function writeSchema(random: Random, tokens: number): string {
  const statements: string[] = [];
  for (let chars = 0; chars < Math.min(tokens, 7000) * charsPerToken;) {
    const name =
      statements.length < tables.length
        ? tables[statements.length]!
        : `${pick(random, tables)}_${whole(random, 1, 999)}`;
    const columns = [
      "id bigint primary key",
      ...numbers.map((column) => `${column} numeric(${whole(random, 6, 12)}, ${whole(random, 0, 4)}) not null`),
      ...texts.map((column) => `${column} text${random() < 0.5 ? " not null" : ""}`),
      `created_at timestamptz not null default now()`,
    ];
    const statement = `create table ${name} (\n  ${columns.join(",\n  ")}\n);`;
    statements.push(statement);
    chars += statement.length;
  }
  return statements.join("\n");
}

/** Of this code, by the o200k tokenizer. */
const charsPerToken = 3.6;
