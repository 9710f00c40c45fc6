import { describe, expect, test } from "vitest";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createAnswerCache, type AnswerCache, type CacheRules } from "./answer-cache.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import { createMemoryAnswers, settle, toWhole } from "./reuse-fixture.ts";

const rules: CacheRules = { maxMemoryBytes: 1e6, isStored: true };
const key = { tenant: "acme", hash: "h" };

function setup() {
  const clock = createManualClock(1_000_000);
  const store = createMemoryAnswers();
  const failures: unknown[] = [];
  const create = (isSole = false): AnswerCache =>
    createAnswerCache({ store, clock, isSole, onFailure: (error) => void failures.push(error) });
  return { clock, store, failures, cache: create(), create };
}

function toAnswer(number: number, createdAtMs: number): KeptAnswer {
  const target = { provider: "p", model: "m" };
  return {
    createdAtMs,
    target,
    completion: toWhole(number),
    warnings: [],
    took: { inputTokens: 1, outputTokens: 2, microUsd: null },
  };
}

describe("the store behind the memory", () => {
  test("is written behind, and answers another process, which then has it in memory", async () => {
    const { clock, store, cache, create } = setup();
    cache.keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
    expect(store.rows.size).toBe(0);
    clock.advance(100);
    await settle();
    const other = create();
    expect(await other.find(key, 0, rules)).toEqual(toAnswer(1, 1_000_000));
    expect(store.reads).toBe(1);
    expect(other.find(key, 0, rules)).toEqual(toAnswer(1, 1_000_000));
    expect(await other.find({ ...key, tenant: "globex", hash: "g" }, 0, rules)).toBeUndefined();
  });

  test("has 25 ms; what comes later serves the next request", async () => {
    const { clock, store, cache, create } = setup();
    cache.keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
    clock.advance(100);
    await settle();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const other = create();
    const finding = other.find(key, 0, rules);
    clock.advance(25);
    expect(await finding).toBeUndefined();
    gate.resolve();
    await settle();
    expect(other.find(key, 0, rules)).toEqual(toAnswer(1, 1_000_000));
  });

  test("is asked for many at once while it is slow, and nobody waits in a crowd before it", async () => {
    const { clock, store, cache } = setup();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const find = async (number: number): Promise<unknown> => cache.find({ ...key, hash: `h${number}` }, 0, rules);
    const finding = Array.from({ length: 1000 }, (_, number) => find(number));
    expect(await find(1000)).toBeUndefined();
    expect(store.reads).toBe(2);
    gate.resolve();
    await settle();
    // Two of one, and then as many in each as one may have.
    expect(store.reads).toBe(2 + Math.ceil(998 / 64));
    expect(await Promise.all(finding)).toEqual(finding.map(() => undefined));
    clock.advance(25);
  });

  test("is not asked for what waits no more", async () => {
    const { clock, store, cache } = setup();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const finding = ["a", "b", "c", "d"].map(async (hash) => cache.find({ ...key, hash }, 0, rules));
    clock.advance(25);
    expect(await Promise.all(finding)).toEqual([undefined, undefined, undefined, undefined]);
    gate.resolve();
    await settle();
    expect(store.reads).toBe(2);
  });

  test("is asked by a process that alone writes to it only for what it may have", async () => {
    const { clock, store, create } = setup();
    const first = create(true);
    await settle();
    expect(first.find(key, 0, rules)).toBeUndefined();
    first.keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
    clock.advance(100);
    await settle();
    const restarted = create(true);
    await settle();
    expect(restarted.find({ ...key, hash: "other" }, 0, rules)).toBeUndefined();
    expect(store.reads).toBe(0);
    expect(await restarted.find(key, 0, rules)).toEqual(toAnswer(1, 1_000_000));
    expect(store.reads).toBe(1);
  });

  test("may be broken", async () => {
    const { clock, store, failures, cache } = setup();
    store.gate = Promise.reject(new Error("It is away."));
    expect(await cache.find(key, 0, rules)).toBeUndefined();
    cache.keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
    clock.advance(100);
    await settle();
    expect(failures).toHaveLength(1);
    store.gate = Promise.resolve();
    cache.keep(key, toAnswer(2, clock.now()), clock.now() + 60_000, rules);
    clock.advance(1000);
    await settle();
    expect(store.rows.size).toBe(1);
  });

  test("does not bring back an answer that is older than the one in memory", async () => {
    const { clock, store, cache, create } = setup();
    create().keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
    clock.advance(100);
    await settle();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const finding = cache.find(key, 0, rules);
    cache.keep(key, toAnswer(2, clock.now()), clock.now() + 60_000, { ...rules, isStored: false });
    gate.resolve();
    expect((await finding)?.completion).toEqual(toWhole(2));
    expect(cache.find(key, 0, rules)).toEqual(toAnswer(2, clock.now()));
  });

  test("holds what no version has written for nothing", async () => {
    const { store, cache } = setup();
    const row = { tenant: "acme", key: "h", createdAtMs: 0, expiresAtMs: Infinity, body: '{"completion":' };
    store.rows.set("acme h", row);
    expect(await cache.find(key, 0, rules)).toBeUndefined();
  });
});

test("closing stores what waits, and does not wait forever", async () => {
  const { clock, store, cache } = setup();
  cache.keep(key, toAnswer(1, clock.now()), clock.now() + 60_000, rules);
  await cache.close(1000);
  expect(store.rows.size).toBe(1);
  const other = setup();
  other.store.gate = new Promise(() => {});
  other.cache.keep(key, toAnswer(1, 0), 60_000, rules);
  const closing = other.cache.close(1000);
  other.clock.advance(1000);
  await expect(closing).resolves.toBeUndefined();
});

test("what waits for the store has a bound", async () => {
  const { clock, store, cache } = setup();
  const large = toAnswer(1, clock.now());
  const text = "x".repeat(1000 * 1000);
  for (let number = 0; number < 20; number++) {
    cache.keep({ ...key, hash: `h${number}` }, { ...large, warnings: [text] }, clock.now() + 60_000, rules);
  }
  for (let round = 0; round < 20; round++) {
    clock.advance(100);
    await settle();
  }
  expect(store.rows.size).toBe(8);
});
