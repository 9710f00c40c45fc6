import { expect, test } from "vitest";
import type { RouteFeatures } from "../../call.ts";
import type { RoutingRule } from "../../endpoint/define-routing.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import { toModelEntry } from "../../endpoint/model-entry.ts";
import type { Snapshot } from "../../endpoint/snapshot.ts";
import type { CallRecord, RecordQuery } from "../../store/store.ts";
import { replayRules, type ReplayOptions, type RuleReplay } from "./replay-rules.ts";

const rules: readonly RoutingRule[] = [
  { when: { task: "chat", time: { from: "09:00", to: "17:00" } }, use: "fast" },
  { when: { task: "coding" }, use: "unpriced" },
];

const snapshot: Snapshot = {
  id: "s1",
  endpoints: new Map(),
  providers: new Map([["p", { type: "openai-chat", baseUrl: "https://api.example.com/v1" }]]),
  models: new Map(["small", "middle", "unpriced"].map((name) => [name, toModelEntry(name, { provider: "p" })])),
  tiers: new Map([
    ["fast", ["small"]],
    ["standard", ["middle"]],
  ]),
  resilience: defaultResilience,
  routing: { sets: new Map([["v2", { version: "v2", rules, otherwise: "standard" }]]), use: "v2" },
};

const noon = Date.parse("2026-11-24T12:00:00Z");

function recordOf(fields: Partial<CallRecord>, features?: Partial<RouteFeatures>): CallRecord {
  return {
    requestId: "r",
    startedAtMs: noon,
    durationMs: 1000,
    surface: "chat",
    tenant: "t",
    snapshotId: "s",
    status: "ok",
    isStream: false,
    inputTokens: 100,
    outputTokens: 10,
    costMicroUsd: 500,
    cache: "none",
    attempts: 1,
    tier: "standard",
    provider: "p",
    model: "middle",
    ...(features ? { ruleSet: "v1", routeFeatures: { atMs: noon, ...features } } : {}),
    ...fields,
  };
}

function storeOf(records: readonly CallRecord[]): {
  readonly queries: RecordQuery[];
  readonly store: ReplayOptions["store"];
} {
  const sorted = [...records].sort((a, b) => b.startedAtMs - a.startedAtMs);
  const queries: RecordQuery[] = [];
  const listRecords = async (query: RecordQuery): Promise<readonly CallRecord[]> => {
    queries.push(query);
    const first = sorted.findIndex(({ startedAtMs }) => startedAtMs < (query.beforeMs ?? Infinity));
    return first === -1 ? [] : sorted.slice(first, first + query.limit);
  };
  return { queries, store: { listRecords } };
}

function replay(records: readonly CallRecord[], options: Partial<ReplayOptions> = {}): Promise<RuleReplay> {
  return replayRules({
    version: "v2",
    sinceMs: noon - 86_400_000,
    untilMs: noon + 1,
    snapshot,
    store: storeOf(records).store,
    // A micro-dollar a token.
    priceOf: async ({ model, usage }) => (model === "unpriced" ? null : usage!.inputTokens + usage!.outputTokens),
    ...options,
  });
}

test("calls that another tier would have had are counted with both costs and medians", async () => {
  const told = await replay([
    recordOf({ startedAtMs: noon - 1, durationMs: 900 }, { task: "chat" }),
    recordOf({ startedAtMs: noon - 2, durationMs: 1000, costMicroUsd: 700 }, { task: "chat" }),
    recordOf({ startedAtMs: noon - 3, durationMs: 1100 }, { task: "analysis" }),
    recordOf({ startedAtMs: noon - 4, tier: "fast", model: "small", durationMs: 200 }),
    recordOf({ startedAtMs: noon - 5, tier: "fast", model: "small", durationMs: 9000, status: "error" }),
  ]);
  expect(told).toMatchObject({ version: "v2", isComplete: true, calls: 3, otherCalls: 2, movedCalls: 2 });
  const [moved, stayed] = told.moves;
  expect(moved).toMatchObject({
    from: "standard",
    to: "fast",
    calls: 2,
    recorded: { microUsd: 1200, unknownCalls: 0 },
    estimated: { microUsd: 220, unknownCalls: 0 },
  });
  expect(moved!.fromMedianMs! / 1000).toBeCloseTo(1, 1);
  expect(moved!.toMedianMs! / 200).toBeCloseTo(1, 1);
  expect(stayed).toMatchObject({ from: "standard", to: "standard", calls: 1, estimated: { microUsd: 500 } });
  expect(told.recorded.microUsd).toBe(1700);
  expect(told.estimated.microUsd).toBe(720);
});

test("the moment of the call counts, not that of the replay", async () => {
  const night = noon + 9 * 3_600_000;
  const told = await replay([recordOf({}, { task: "chat", atMs: night })]);
  expect(told).toMatchObject({ movedCalls: 0, calls: 1 });
});

test("an unknown price is told as unknown, never as nothing", async () => {
  const told = await replay([
    recordOf({ startedAtMs: noon - 1 }, { task: "coding" }),
    recordOf({ startedAtMs: noon - 2, costMicroUsd: null }, { task: "chat" }),
  ]);
  expect(told.estimated).toEqual({ microUsd: 110, unknownCalls: 1 });
  expect(told.recorded).toEqual({ microUsd: 500, unknownCalls: 1 });
  expect(told.moves.find(({ to }) => to === "unpriced")).toMatchObject({
    estimated: { microUsd: 0, unknownCalls: 1 },
    toMedianMs: null,
  });
});

test("a tier that the project no longer has is where calls come from; one that it has not yet costs the unknown", async () => {
  const { tiers: _tiers, ...rest } = snapshot;
  const told = await replay([recordOf({ tier: "old" }, { task: "chat" })], { snapshot: { ...rest, tiers: new Map() } });
  expect(told.moves).toMatchObject([{ from: "old", to: "fast", estimated: { unknownCalls: 1 } }]);
  const named = await replay([recordOf({ tier: undefined }, { task: "chat" })]);
  expect(named.moves).toMatchObject([{ from: "p/middle", to: "fast" }]);
});

test("records are read page by page, back to the moment that is asked for", async () => {
  const records = Array.from({ length: 1300 }, (_, index) => recordOf({ startedAtMs: noon - index }, { task: "chat" }));
  const { store, queries } = storeOf(records);
  const told = await replay([], { store, sinceMs: noon - 1099 });
  expect(told).toMatchObject({ calls: 1100, isComplete: true });
  expect(queries.map(({ limit }) => limit)).toEqual([500, 500, 500]);
});

test("of too many records the newest are looked at, and it says how far", async () => {
  const listRecords = async ({ beforeMs = noon }: RecordQuery): Promise<readonly CallRecord[]> =>
    Array.from({ length: 500 }, (_, index) =>
      recordOf({ startedAtMs: Math.min(beforeMs, noon) - 1 - index }, { task: "chat" }),
    );
  const told = await replay([], { store: { listRecords }, sinceMs: 0 });
  expect(told).toMatchObject({ calls: 100_000, isComplete: false, sinceMs: noon - 100_000 });
});

test("only a declared set can be tried", async () => {
  await expect(replay([], { version: "v3" })).rejects.toMatchObject({ code: "rule_set_not_found" });
});
