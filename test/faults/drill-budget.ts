import { fireFixedCost, fireTokenCost } from "./budget/at-once.ts";
import { blackholeStore } from "./budget/blackhole.ts";
import { killHolder } from "./budget/killed.ts";
import { mixTraffic } from "./budget/mixed.ts";
import type { PartOptions, PartResult } from "./budget/part.ts";

/**
 * Budgets under fire, over several processes on one Postgres. The bars: never more spent than the limit, and in the end the
 * store, the records and the provider agree to the micro-dollar.
 */
const isShort = process.argv.includes("--short");
const only = process.argv.find((argument) => argument.startsWith("--only="))?.slice("--only=".length);
const databaseUrl = process.env["HEADGATE_TEST_DATABASE_URL"];
if (databaseUrl === undefined) {
  console.error("Needs a Postgres: node scripts/with-postgres.mjs -- node test/faults/drill-budget.ts");
  process.exit(1);
}

const parts: Readonly<Record<string, (options: PartOptions) => Promise<PartResult>>> = {
  fixed: fireFixedCost,
  tokens: fireTokenCost,
  mixed: mixTraffic,
  killed: killHolder,
  blackhole: blackholeStore,
};

const wrong: string[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (only !== undefined && only !== name) continue;
  const { line, faults } = await part({ databaseUrl, isShort });
  console.log(faults.length === 0 ? `  ${line}` : `X ${line} <- ${faults.join("; ")}`);
  wrong.push(...faults.map((fault) => `${name}: ${fault}`));
}
console.log(`budget: ${wrong.length} of the bars broken (bar 0)${wrong.map((fault) => `\n  X ${fault}`).join("")}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
