import type { AttemptNote, Call } from "../../call.ts";
import type { RuleSet, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { CallRecord, Store } from "../../store/store.ts";
import { listRuleSets, resolveChoice } from "./built-in-rules.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { pickByRules } from "./pick-by-rules.ts";
import { resolveRoute, toTarget } from "./resolve-route.ts";
import { describeUnknown } from "./rule-sets.ts";

/** What model calls cost: of some the price is not known. */
interface PartlyKnownCost {
  /** Of the calls whose price is known. */
  readonly microUsd: number;
  readonly unknownCalls: number;
}

/** Calls that one tier has answered, and that the rule set would give to another or to the same. */
interface ReplayedMove {
  /** A tier, or `provider/model`. */
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  readonly recorded: PartlyKnownCost;
  /** At the price of the tier's first model, for the tokens on the records. */
  readonly estimated: PartlyKnownCost;
  /** Median durations of answers of these tiers in the time looked at. Null: there were none. */
  readonly fromMedianMs: number | null;
  readonly toMedianMs: number | null;
}

/** What would have been if another rule set had chosen. */
export interface RuleReplay {
  readonly version: string;
  /** The time looked at, in milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** False: there were more records than are looked at, and `sinceMs` is where it stopped. */
  readonly isComplete: boolean;
  readonly calls: number;
  /** Calls that named their model, or were recorded without what rules ask: no set chooses for them. */
  readonly otherCalls: number;
  readonly movedCalls: number;
  readonly recorded: PartlyKnownCost;
  readonly estimated: PartlyKnownCost;
  /** Most calls first. */
  readonly moves: readonly ReplayedMove[];
}

export interface ReplayOptions {
  readonly version: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly snapshot: Snapshot;
  readonly store: Pick<Store, "listRecords">;
  readonly priceOf: (
    attempt: Pick<AttemptNote, "provider" | "model" | "usage">,
    call: Pick<Call, "snapshot">,
  ) => number | null | Promise<number | null>;
}

/** Twenty seconds' work of the embedded store. */
const mostRecords = 100_000;
const pageRecords = 500;

/**
 * Tries a rule set on what is recorded of past calls, without calling anybody.
 * @throws HeadgateError `rule_set_not_found`
 */
export async function replayRules(options: ReplayOptions): Promise<RuleReplay> {
  const { version, sinceMs, untilMs, snapshot, store } = options;
  const sets = listRuleSets(snapshot);
  const set = sets.get(version);
  if (!set) throw new HeadgateError("rule_set_not_found", { detail: describeUnknown(version, sets.keys()) });
  const tally = new ReplayTally();
  let beforeMs = untilMs;
  let seen = 0;
  for (;;) {
    const page = await store.listRecords({ beforeMs, limit: pageRecords });
    for (const record of page) {
      if (record.startedAtMs < sinceMs) return tally.report({ version, sinceMs, untilMs, isComplete: true });
      beforeMs = record.startedAtMs;
      seen++;
      await replayRecord(tally, record, set, options);
    }
    if (page.length < pageRecords) return tally.report({ version, sinceMs, untilMs, isComplete: true });
    if (seen >= mostRecords) return tally.report({ version, sinceMs: beforeMs, untilMs, isComplete: false });
  }
}

async function replayRecord(
  tally: ReplayTally,
  record: CallRecord,
  set: RuleSet,
  { snapshot, priceOf }: ReplayOptions,
): Promise<void> {
  const { routeFeatures, costMicroUsd } = record;
  const from = record.tier ?? nameModel(record);
  if (from !== undefined && hasAnswer(record)) tally.addLatency(from, record.durationMs);
  if (!routeFeatures || from === undefined) return tally.skip();
  const to = resolveChoice(set, pickByRules(set, routeFeatures).use, snapshot);
  if (to === from) return tally.add({ from, to, recorded: costMicroUsd, estimated: costMicroUsd });
  const place = findPlace(snapshot, to);
  const estimated = place ? await priceOf({ ...place, usage: toUsage(record) }, { snapshot }) : null;
  return tally.add({ from, to, recorded: costMicroUsd, estimated });
}

function nameModel({ provider, model }: CallRecord): string | undefined {
  return provider === undefined || model === undefined ? undefined : `${provider}/${model}`;
}

/** Failures and answers that are used again say nothing of the tier's pace. */
function hasAnswer({ status, attempts }: CallRecord): boolean {
  return attempts > 0 && (status === "ok" || status === "refused");
}

function findPlace(
  snapshot: Snapshot,
  name: string,
): { readonly provider: string; readonly model: string } | undefined {
  try {
    return toTarget(resolveRoute(snapshot, name, "replay"));
  } catch {
    // A tier that only a provider found at the start would have: what it costs is not known.
    return undefined;
  }
}

function toUsage(record: CallRecord): AttemptNote["usage"] {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = record;
  return { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens };
}

interface ReplayedCall {
  readonly from: string;
  readonly to: string;
  readonly recorded: number | null;
  readonly estimated: number | null;
}

type Cost = { -readonly [Field in keyof PartlyKnownCost]: PartlyKnownCost[Field] };

interface MoveSums {
  readonly from: string;
  readonly to: string;
  calls: number;
  readonly recorded: Cost;
  readonly estimated: Cost;
}

class ReplayTally {
  readonly #moves = new Map<string, MoveSums>();
  readonly #latencies = new Map<string, LatencyHistogram>();
  #otherCalls = 0;

  skip(): void {
    this.#otherCalls++;
  }

  addLatency(name: string, ms: number): void {
    const known = this.#latencies.get(name) ?? new LatencyHistogram();
    this.#latencies.set(name, known);
    known.add(ms);
  }

  add({ from, to, recorded, estimated }: ReplayedCall): void {
    const key = JSON.stringify([from, to]);
    const move = this.#moves.get(key) ?? { from, to, calls: 0, recorded: noCost(), estimated: noCost() };
    this.#moves.set(key, move);
    move.calls++;
    addCost(move.recorded, recorded);
    addCost(move.estimated, estimated);
  }

  report(about: Pick<RuleReplay, "version" | "sinceMs" | "untilMs" | "isComplete">): RuleReplay {
    const moves = [...this.#moves.values()].sort((a, b) => b.calls - a.calls);
    const medianOf = (name: string): number | null => this.#latencies.get(name)?.medianMs ?? null;
    return {
      ...about,
      calls: moves.reduce((sum, { calls }) => sum + calls, 0),
      otherCalls: this.#otherCalls,
      movedCalls: moves.reduce((sum, { from, to, calls }) => sum + (from === to ? 0 : calls), 0),
      recorded: sumCosts(moves.map(({ recorded }) => recorded)),
      estimated: sumCosts(moves.map(({ estimated }) => estimated)),
      moves: moves.map((move) =>
        Object.assign(move, { fromMedianMs: medianOf(move.from), toMedianMs: medianOf(move.to) }),
      ),
    };
  }
}

function noCost(): Cost {
  return { microUsd: 0, unknownCalls: 0 };
}

function addCost(sum: Cost, microUsd: number | null): void {
  if (microUsd === null) sum.unknownCalls++;
  else sum.microUsd += microUsd;
}

function sumCosts(costs: readonly PartlyKnownCost[]): PartlyKnownCost {
  const sum = noCost();
  for (const { microUsd, unknownCalls } of costs) {
    sum.microUsd += microUsd;
    sum.unknownCalls += unknownCalls;
  }
  return sum;
}
