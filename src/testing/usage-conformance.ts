import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallRecord, Store } from "../store/store.ts";
import type { UsageDimension, UsageQuery, UsageRow, UsageSums } from "../store/usage.ts";
import { createUsageRecord } from "./usage-record.ts";

const hourMs = 3_600_000;
let tests = 0;

const createPriced = (startedAtMs: number, changes: Partial<CallRecord> = {}): CallRecord =>
  createUsageRecord(startedAtMs, { costMicroUsd: 300, ...changes });

/** Hours that no other test counts anything in. */
function takeHours(): number {
  return Date.UTC(2040, 0, 1) + tests++ * 1000 * hourMs;
}

/** What every store must do to count usage. Other tests may have records of their own there. */
export function describeUsage(store: () => Store): void {
  describe("usage", () => {
    describeSums(store);
    describeNames(store);
    describeGroups(store);
    describeExactness(store);
  });
}

function describeSums(store: () => Store): void {
  test("every sum is the records' own", async () => {
    const startMs = takeHours();
    const saved = { savedInputTokens: 7, savedOutputTokens: 8, savedMicroUsd: 9 };
    await store().insertRecords([
      createPriced(startMs, { cachedInputTokens: 40, ...saved }),
      createPriced(startMs + 1, { status: "error", costMicroUsd: null }),
      createPriced(startMs + 2, { status: "cancelled", inputTokens: 5_000_000_000 }),
    ]);
    expect(await sum(store(), { startsMs: [startMs], endMs: startMs + hourMs })).toEqual([
      {
        window: 0,
        names: [],
        firstMs: startMs,
        requests: 3,
        errors: 1,
        inputTokens: 5_000_000_200,
        outputTokens: 30,
        cachedInputTokens: 40,
        costMicroUsd: 600,
        unpricedRequests: 1,
        ...saved,
      },
    ]);
  });

  test("later records are added, and one that is there already is not", async () => {
    const startMs = takeHours();
    const first = createPriced(startMs);
    await store().insertRecords([first, first]);
    await store().insertRecords([first, createPriced(startMs + 1)]);
    const [row] = await sum(store(), { startsMs: [startMs], endMs: startMs + hourMs });
    expect(row).toMatchObject({ requests: 2, costMicroUsd: 600 });
  });

  test("a batch that cannot be stored counts nothing", async () => {
    const startMs = takeHours();
    const wrong = { ...createPriced(startMs), requestId: "not-a-uuid" };
    await expect(store().insertRecords([createPriced(startMs), wrong])).rejects.toMatchObject({
      code: "internal",
    });
    expect(await sum(store(), { startsMs: [startMs], endMs: startMs + hourMs })).toEqual([]);
  });
}

function describeNames(store: () => Store): void {
  test("names may be longer than an index takes, and hold what SQL would", async () => {
    const startMs = takeHours();
    const names = ["m".repeat(20_000), `${"m".repeat(20_000)}x`, "a','b", "a'',b", "a\\", "{a,b}", "null", ""];
    await store().insertRecords(names.map((model, at) => createPriced(startMs + at, { model })));
    await store().insertRecords([createPriced(startMs)]);
    const rows = await sum(store(), { startsMs: [startMs], endMs: startMs + hourMs, by: ["model"] });
    expect(new Set(rows.map((row) => row.names?.[0]))).toEqual(new Set([...names, null]));
    expect(rows.every(({ requests }) => requests === 1)).toBe(true);
  });

  test("batches that count to the same hours at once all arrive", async () => {
    const startMs = takeHours();
    const records = Array.from({ length: 8 }, () =>
      Array.from({ length: 200 }, (_, at) => createPriced(startMs + at, { model: `m${at}` })),
    );
    await Promise.all(records.map((batch, at) => store().insertRecords(at % 2 === 0 ? batch : batch.toReversed())));
    const [row] = await sum(store(), { startsMs: [startMs], endMs: startMs + hourMs });
    expect(row?.requests).toBe(1600);
  });
}

function describeGroups(store: () => Store): void {
  test("an hour belongs to the window that it begins in; what nothing happened in has no row", async () => {
    const startMs = takeHours();
    const ends = [0, hourMs - 1, hourMs, 3 * hourMs, 4 * hourMs];
    await store().insertRecords(ends.map((after) => createPriced(startMs + after)));
    const startsMs = [startMs, startMs + hourMs / 2, startMs + 2 * hourMs, startMs + 3 * hourMs];
    const rows = await sum(store(), { startsMs, endMs: startMs + 4 * hourMs });
    expect(rows.map(({ window, requests }) => [window, requests])).toEqual([
      [0, 2],
      [1, 1],
      [3, 1],
    ]);
  });

  test("beyond the limit, those that cost least over all windows are one", async () => {
    const startMs = takeHours();
    const create = (hour: number, team: string | undefined, costMicroUsd: number): CallRecord =>
      createPriced(startMs + hour * hourMs, { team, costMicroUsd });
    await store().insertRecords([
      create(0, "a", 1),
      create(1, "a", 100),
      create(0, "b", 50),
      create(0, undefined, 60),
      create(0, "c", 10),
      create(1, "d", 20),
    ]);
    const startsMs = [startMs, startMs + hourMs];
    const rows = await sum(store(), { startsMs, endMs: startMs + 2 * hourMs, by: ["team", "cache"], limit: 2 });
    expect(rows.map(({ window, names, costMicroUsd, requests }) => [window, names, costMicroUsd, requests])).toEqual([
      [0, [null, "none"], 60, 1],
      [0, ["a", "none"], 1, 1],
      [0, undefined, 60, 2],
      [1, ["a", "none"], 100, 1],
      [1, undefined, 20, 1],
    ]);
  });
}

const allDimensions = ["tenant", "key", "team", "endpoint", "surface", "tier", "provider", "model", "cache"] as const;
const name = fc.constantFrom("a", "b");
const optionalName = fc.option(name, { nil: undefined });
const count = fc.nat({ max: 1000 });

const recordChanges = fc.record({
  tenant: name,
  keyId: optionalName,
  team: optionalName,
  endpoint: optionalName,
  surface: fc.constantFrom("chat" as const, "messages" as const),
  tier: optionalName,
  provider: optionalName,
  model: optionalName,
  cache: fc.constantFrom("none" as const, "hit" as const),
  status: fc.constantFrom("ok" as const, "error" as const, "cancelled" as const),
  inputTokens: count,
  outputTokens: count,
  costMicroUsd: fc.option(count, { nil: null }),
  minutes: fc.nat({ max: 599 }),
});

const query = fc.record({
  by: fc.subarray([...allDimensions]),
  only: fc.record(Object.fromEntries(allDimensions.map((dimension) => [dimension, name])), { requiredKeys: [] }),
});

function describeExactness(store: () => Store): void {
  test("whatever the query, the sums are those of the records", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(recordChanges, { minLength: 1, maxLength: 30 }), query, async (list, { by, only }) => {
        const startMs = takeHours();
        const records = list.map(({ minutes, ...rest }) => createPriced(startMs + minutes * 60_000, rest));
        await store().insertRecords(records.slice(0, 10));
        await store().insertRecords(records);
        const startsMs = [startMs, startMs + 3 * hourMs];
        const rows = await sum(store(), { startsMs, endMs: startMs + 10 * hourMs, by, only });
        expect(toComparable(rows)).toEqual(toComparable(addUp(records, startMs, by, only)));
      }),
      { numRuns: 25 },
    );
  });
}

type Summed = Pick<UsageRow, "window" | "names"> &
  Pick<UsageSums, "requests" | "errors" | "inputTokens" | "costMicroUsd">;

function addUp(
  records: readonly CallRecord[],
  startMs: number,
  by: readonly UsageDimension[],
  only: UsageQuery["only"] = {},
): readonly Summed[] {
  const rows = new Map<string, Summed>();
  for (const record of records) {
    const valueOf = (dimension: UsageDimension): string | null =>
      (dimension === "key" ? record.keyId : record[dimension]) ?? null;
    if (allDimensions.some((dimension) => only[dimension] !== undefined && valueOf(dimension) !== only[dimension]))
      continue;
    const window = record.startedAtMs < startMs + 3 * hourMs ? 0 : 1;
    const names = by.map(valueOf);
    const key = JSON.stringify([window, names]);
    const known = rows.get(key) ?? { window, names, requests: 0, errors: 0, inputTokens: 0, costMicroUsd: 0 };
    rows.set(key, {
      window,
      names,
      requests: known.requests + 1,
      errors: known.errors + (record.status === "error" ? 1 : 0),
      inputTokens: known.inputTokens + record.inputTokens,
      costMicroUsd: known.costMicroUsd + (record.costMicroUsd ?? 0),
    });
  }
  return [...rows.values()];
}

function toComparable(rows: readonly Summed[]): readonly string[] {
  return rows
    .map(({ window, names, requests, errors, inputTokens, costMicroUsd }) =>
      JSON.stringify([window, names, requests, errors, inputTokens, costMicroUsd]),
    )
    .sort();
}

function sum(
  store: Store,
  wanted: Pick<UsageQuery, "startsMs" | "endMs"> & Partial<UsageQuery>,
): Promise<readonly UsageRow[]> {
  return store.sumUsage({ by: [], limit: 100, ...wanted });
}
