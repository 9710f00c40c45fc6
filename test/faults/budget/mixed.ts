import { hostilePrices } from "../../../src/testing/hostile-provider/hostile-ledger.ts";
import type { CallRecord } from "../../../src/store/store.ts";
import { startHostile, type HostileProcess } from "../hostile-process.ts";
import { askAnything, type AskedCounts } from "./ask-anything.ts";
import { findDrifts, readBooks } from "./books.ts";
import { listFaults, type PartOptions, type PartResult } from "./part.ts";
import { listMinutes, servePair } from "./served-pair.ts";

const keyOrders = [
  { name: "web", team: "blue" },
  { name: "batch", team: "blue" },
  { name: "mobile", team: "red" },
];

/** In micro-dollars or tokens, for a minute. */
const limits = {
  "each-key": { per: "key", microUsd: 700_000 },
  "each-key-in-tokens": { per: "key", tokens: 150_000 },
  "each-team": { per: "team", microUsd: 1_000_000 },
  "each-team-in-tokens": { per: "team", tokens: 200_000 },
  everyone: { per: "all", microUsd: 1_600_000, tokens: 400_000 },
} as const;

/** Why models were called besides for the first time: all of these have to have happened. */
const wantedReasons = ["retry", "fallback", "hedge", "reask"];

/** All kinds of calls, with all that can come in between, against several budgets of each. */
export async function mixTraffic({ databaseUrl, isShort }: PartOptions): Promise<PartResult> {
  const seconds = isShort ? 20 : 130;
  const provider = await startHostile();
  await provider.setFault("flaky", "server-error", { rate: 0.3 });
  await provider.setFault("cut", "fin?after=5", { rate: 0.3 });
  await provider.setFault("wordy", "text-unicode", { rate: 0.4 });
  const pair = await servePair(toProject(provider), keyOrders, databaseUrl);
  const startedAtMs = Date.now();
  try {
    const secrets = pair.keys.map(({ secret }) => secret);
    const counts = await askAnything({ urls: pair.urls, secrets, seconds, atOnce: 24 });
    const output = await pair.stop();
    const books = await readBooks(databaseUrl, listMinutes(startedAtMs, Date.now()));
    const ids = new Set(pair.keys.map(({ id }) => id));
    const own = books.records.filter(({ keyId = "" }) => ids.has(keyId));
    const balances = books.balances.filter(({ budget }) => budget in limits);
    const over = balances.filter(({ budget, unit, spent }) => spent > readLimit(budget as keyof typeof limits, unit));
    const byKey = ({ keyId }: CallRecord): string | undefined => keyId;
    const byTeam = ({ team }: CallRecord): string | undefined => team;
    const drifts = findDrifts(
      { balances, records: own },
      {
        "each-key": byKey,
        "each-key-in-tokens": byKey,
        "each-team": byTeam,
        "each-team-in-tokens": byTeam,
        everyone: () => "",
      },
    );
    const reasons = new Set(own.flatMap(({ attemptDetails = [] }) => attemptDetails.map(({ reason }) => reason)));
    const missing = wantedReasons.filter((reason) => !reasons.has(reason as never));
    return {
      line: `mixed traffic: ${describe(counts)}; ${balances.length} accounts, ${over.length} over their limit, ${drifts.length} drifted from ${own.length} records`,
      faults: listFaults({
        [`over: ${JSON.stringify(over)}`]: over.length === 0,
        [`drifted: ${JSON.stringify(drifts)}`]: drifts.length === 0,
        [`still held: ${JSON.stringify(balances.filter(({ held }) => held !== 0))}`]: balances.every(
          ({ held }) => held === 0,
        ),
        [`never happened: ${missing.join(", ")}`]: missing.length === 0,
        "nobody was refused": (counts["429"] ?? 0) > 0,
        "bugs were logged": !output.includes('"code":"internal"'),
      }),
    };
  } finally {
    await pair.remove();
    await provider.stop();
  }
}

function describe(counts: AskedCounts): string {
  return Object.entries(counts)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([how, count]) => `${count} ${how}`)
    .join(", ");
}

function readLimit(budget: keyof typeof limits, unit: "microUsd" | "tokens"): number {
  return (limits[budget] as { readonly microUsd?: number; readonly tokens?: number })[unit] ?? 0;
}

function toProject({ url }: HostileProcess): Parameters<typeof servePair>[0] {
  const price = {
    inputPerMillionUsd: hostilePrices.inputMicroUsd,
    outputPerMillionUsd: hostilePrices.outputMicroUsd,
    perRequestUsd: 0.0001,
  };
  const text = { type: "string" };
  const model = (name: string): unknown => ({ provider: "hostile", model: name, price });
  return {
    config: {
      providers: { hostile: { type: "openai-chat", baseUrl: url } },
      models: {
        plain: model("ok"),
        flaky: model("flaky"),
        cut: model("cut?tokens=60&pace=2"),
        wordy: model("wordy"),
        // Both are slow to begin: a second one is asked beside the first.
        slow: {
          price,
          deployments: [
            { provider: "hostile", model: "ok?ttft=400" },
            { provider: "hostile", model: "ok?ttft=401" },
          ],
        },
        long: model("ok?tokens=150&pace=5"),
      },
      tiers: {
        standard: ["flaky", "plain"],
        broken: ["cut", "plain"],
        words: ["wordy", "plain"],
      },
      resilience: { hedge: { afterMs: 150, maxUsdPerHour: 100 } },
      budgets: Object.fromEntries(
        Object.entries(limits).map(([name, { per, ...most }]) => [
          name,
          {
            per,
            window: "minute",
            ...("microUsd" in most ? { usd: most.microUsd / 1e6 } : {}),
            ...("tokens" in most ? { tokens: most.tokens } : {}),
          },
        ]),
      ),
    },
    endpoints: {
      ask: {
        description: "Answers a question.",
        input: { type: "object", properties: { text }, required: ["text"] },
        output: { type: "object", properties: { summary: text }, required: ["summary"], additionalProperties: false },
        route: "words",
        timeoutMs: 20_000,
      },
    },
  };
}
