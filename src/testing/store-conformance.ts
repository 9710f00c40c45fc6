import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRequestId } from "../ids.ts";
import type { CallRecord, KeyRow, Store } from "../store/store.ts";
import { describeAlerts } from "./alerts-conformance.ts";
import { describeBudgets } from "./budget-conformance.ts";
import { describeStoredAnswers } from "./stored-answers-conformance.ts";
import { describeIdempotency } from "./idempotency-conformance.ts";
import { describeStoredResponses } from "./stored-responses-conformance.ts";
import { describeUsage } from "./usage-conformance.ts";
import { describeSwitches } from "./switches-conformance.ts";

export interface StoreUnderTest {
  readonly store: Store;
  /** Frees what the store stood on, after it was closed. */
  release(): Promise<void>;
}

/** What every store must do. `create` gives one that holds nothing. */
export function describeStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`${name} store`, () => {
    let under: StoreUnderTest;
    const store = (): Store => under.store;

    beforeAll(async () => {
      under = await create();
    });
    afterAll(async () => {
      await under.store.close();
      await under.release();
    });

    describeRecords(store);
    describeBatches(store);
    describeListing(store);
    describeKeys(store);
    describeStoredResponses(store);
    describeUsage(store);
    describeAlerts(store);
    describeBudgets(store);
    describeSwitches(store);
    describeStoredAnswers(store);
    describeIdempotency(store);

    test("answers a ping", async () => {
      await expect(store().ping()).resolves.toBeUndefined();
    });

    // Last: it ends the store.
    test("closes after the work in flight, twice if asked, and refuses what comes later", async () => {
      const before = await store().countRecords();
      const inFlight = store().countRecords();
      await Promise.all([store().close(), store().close()]);
      expect(await inFlight).toBe(before);
      await expect(store().ping()).rejects.toMatchObject({ code: "store_unavailable" });
    });
  });
}

function describeRecords(store: () => Store): void {
  test("a record comes back as it was given", async () => {
    const record = createRecord();
    await store().insertRecords([record]);
    expect(await store().findRecord(record.requestId)).toEqual(record);
  });

  test("a record without any optional part comes back without them", async () => {
    const record = createBareRecord();
    await store().insertRecords([record]);
    expect(await store().findRecord(record.requestId)).toStrictEqual(record);
  });

  test("numbers come back as numbers, above 2^31 too", async () => {
    const record = createRecord({
      inputTokens: 5_000_000_000,
      costMicroUsd: 6_000_000_000,
      durationMs: 0.125,
      startedAtMs: Date.UTC(2026, 4, 1) + 7,
    });
    await store().insertRecords([record]);
    expect(await store().findRecord(record.requestId)).toEqual(record);
  });

  test("text that Postgres cannot hold is stored with the nearest that it can", async () => {
    const record = createRecord({ model: "a\u0000b\ud800c\\u0000", tenant: "\u{1f642} café" });
    await store().insertRecords([record]);
    expect(await store().findRecord(record.requestId)).toEqual({ ...record, model: "a\uFFFDb\uFFFDc\\u0000" });
  });

  test("an unknown request has no record", async () => {
    expect(await store().findRecord(createRequestId(Date.now()))).toBeUndefined();
    expect(await store().findRecord("'; drop table")).toBeUndefined();
  });
}

function describeBatches(store: () => Store): void {
  test("inserting again changes nothing, within a batch and across batches", async () => {
    const record = createRecord({ model: "first" });
    const before = await store().countRecords();
    await store().insertRecords([record, record]);
    await store().insertRecords([{ ...record, model: "second" }, createRecord()]);
    expect(await store().countRecords()).toBe(before + 2);
    expect(await store().findRecord(record.requestId)).toEqual(record);
  });

  test("an empty batch is fine", async () => {
    await expect(store().insertRecords([])).resolves.toBeUndefined();
  });

  test("a batch may span days, years apart, that have no place yet", async () => {
    const records = [Date.UTC(2019, 11, 31, 23, 59, 59, 999), Date.UTC(2020, 0, 1), Date.UTC(2031, 5, 30, 12)].map(
      (startedAtMs) => createRecord({ startedAtMs }),
    );
    await store().insertRecords(records);
    for (const record of records) expect(await store().findRecord(record.requestId)).toEqual(record);
  });

  test("batches that need the same new day at once all arrive", async () => {
    const before = await store().countRecords();
    const startedAtMs = Date.UTC(2024, 1, 29);
    await Promise.all(Array.from({ length: 8 }, () => store().insertRecords([createRecord({ startedAtMs })])));
    expect(await store().countRecords()).toBe(before + 8);
  });

  test("a batch that the store cannot hold leaves nothing behind", async () => {
    const before = await store().countRecords();
    const wrong = { ...createRecord(), requestId: "not-a-uuid" };
    await expect(store().insertRecords([createRecord(), wrong])).rejects.toMatchObject({ code: "internal" });
    expect(await store().countRecords()).toBe(before);
  });

  test("a large batch arrives whole", async () => {
    const before = await store().countRecords();
    await store().insertRecords(Array.from({ length: 2000 }, () => createRecord()));
    expect(await store().countRecords()).toBe(before + 2000);
  });
}

function describeListing(store: () => Store): void {
  describe("listing", () => {
    const startMs = Date.UTC(2022, 2, 3, 4, 5, 6);
    const records = Array.from({ length: 6 }, (_, at) =>
      createRecord({
        startedAtMs: startMs + at * 1000,
        endpoint: at % 2 === 0 ? "even" : "odd",
        status: at < 3 ? "ok" : "error",
      }),
    );
    const list = async (query: Parameters<Store["listRecords"]>[0]): Promise<number[]> => {
      const found = await store().listRecords({ beforeMs: startMs + 10_000, ...query });
      return found.map(({ requestId }) => records.findIndex((record) => record.requestId === requestId));
    };

    beforeAll(async () => {
      await store().insertRecords(records);
    });

    test("gives the newest first, up to the limit", async () => {
      expect(await list({ limit: 4 })).toEqual([5, 4, 3, 2]);
    });

    test("goes on before a moment, which itself is left out", async () => {
      expect(await list({ limit: 2, beforeMs: startMs + 2000 })).toEqual([1, 0]);
    });

    test("keeps to the endpoint and the status asked for", async () => {
      expect(await list({ limit: 3, endpoint: "even" })).toEqual([4, 2, 0]);
      expect(await list({ limit: 3, status: "ok" })).toEqual([2, 1, 0]);
      expect(await list({ limit: 1, status: "error", endpoint: "odd" })).toEqual([5]);
    });

    test("gives whole records", async () => {
      const [newest] = await store().listRecords({ beforeMs: startMs + 10_000, limit: 1 });
      expect(newest).toEqual(records[5]);
    });
  });
}

function describeKeys(store: () => Store): void {
  test("a key comes back as it was given, without the mark of a revocation that never was", async () => {
    const key = createKey();
    await store().insertKey(key);
    expect((await store().listKeys()).find(({ id }) => id === key.id)).toStrictEqual(key);
  });

  test("a key is revoked once", async () => {
    const key = createKey();
    await store().insertKey(key);
    expect(await store().revokeKey(key.id, 1_700_000_000_123)).toBe(true);
    expect(await store().revokeKey(key.id, 1_800_000_000_000)).toBe(false);
    const stored = (await store().listKeys()).find(({ id }) => id === key.id);
    expect(stored).toEqual({ ...key, revokedAtMs: 1_700_000_000_123 });
  });

  test("revoking an unknown key says so", async () => {
    expect(await store().revokeKey("key_nobody", Date.now())).toBe(false);
  });

  test("two keys never share an id or a secret", async () => {
    const key = createKey();
    await store().insertKey(key);
    await expect(store().insertKey({ ...createKey(), id: key.id })).rejects.toMatchObject({ code: "internal" });
    await expect(store().insertKey({ ...createKey(), sha256: key.sha256 })).rejects.toMatchObject({ code: "internal" });
  });
}

let keys = 0;

function createKey(): KeyRow {
  const number = String(++keys);
  return {
    id: `key_${number}`,
    name: 'it\'s a "test"',
    tenant: "acme",
    scopes: ["call", "admin"],
    sha256: number.padStart(64, "0"),
    createdAtMs: 1_790_000_000_001,
  };
}

/** A record with every part set. */
export function createRecord(changes: Partial<CallRecord> = {}): CallRecord {
  const startedAtMs = Date.UTC(2026, 10, 24, 10, 20, 30, 456);
  return {
    ...createBareRecord(),
    requestId: createRequestId(startedAtMs),
    startedAtMs,
    firstPartMs: 210.5,
    keyId: "key_1",
    endpoint: "summarize",
    contract: 1,
    promptVersion: "1.2.3",
    promptSha256: "a".repeat(64),
    tier: "standard",
    rule: "default",
    provider: "openai",
    model: "small-model",
    errorCode: "output_invalid",
    finishReason: "stop",
    costMicroUsd: 340,
    attemptDetails: [
      {
        provider: "openai",
        model: "small-model",
        tier: "standard",
        reason: "first",
        durationMs: 700.25,
        usage: { inputTokens: 1200, outputTokens: 80 },
        finishReason: "stop",
      },
    ],
    rungs: [{ rung: "native", ok: false, attempt: 1, issues: [{ path: "/bullets/0", message: "must be string" }] }],
    ...changes,
  };
}

function createBareRecord(): CallRecord {
  const startedAtMs = Date.UTC(2026, 10, 24, 10, 20, 30, 457);
  return {
    requestId: createRequestId(startedAtMs),
    startedAtMs,
    durationMs: 812,
    surface: "endpoint",
    tenant: "default",
    snapshotId: "b".repeat(16),
    status: "ok",
    isStream: false,
    inputTokens: 1200,
    outputTokens: 80,
    cachedInputTokens: 10,
    cacheWriteTokens: 7,
    reasoningTokens: 5,
    savedInputTokens: 0,
    savedOutputTokens: 0,
    savedMicroUsd: 0,
    isUsageEstimated: false,
    costMicroUsd: null,
    cache: "none",
    attempts: 1,
    attemptDetails: [],
    rungs: [],
  };
}
