import { describe, expect, test } from "vitest";
import type { CacheControl, Call, ForeignRequest } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { collect, type Completion, type Reply } from "../../reply.ts";
import { receive } from "../../../test/fixtures/endpoint-call.ts";
import { settle, toOutcome, World, type CallChanges } from "./reuse-fixture.ts";
import { reuseReply } from "./reuse-reply.ts";

async function ask(world: World, changes: CallChanges = {}): Promise<Call & { readonly outcome: unknown }> {
  world.isQuick = true;
  const call = world.createCall(changes);
  const { outcome } = await collect(await world.run(call));
  return { ...call, outcome };
}

describe("a kept answer", () => {
  test("answers the same request, plain and streamed, for nothing", async () => {
    const world = new World();
    const first = await ask(world, { stream: true });
    world.clock.advance(3500);
    const plain = await ask(world);
    expect(plain.outcome).toEqual(toOutcome(1));
    const streamed = world.createCall({ stream: true });
    expect((await receive(await world.run(streamed))).built).toEqual(toOutcome(1).output);
    expect(world.executions).toHaveLength(1);
    expect(first.notes).toMatchObject({ cache: { status: "miss" }, attempts: [{}] });
    for (const { notes } of [plain, streamed]) {
      expect(notes).toMatchObject({
        attempts: [],
        target: { provider: "test", model: "small-1", rule: "route.use" },
        cache: { status: "hit", ageSeconds: 3, saved: { inputTokens: 100, outputTokens: 20, microUsd: 7 } },
      });
    }
  });

  test("lives as long as its endpoint says", async () => {
    const world = new World();
    await ask(world);
    world.clock.advance(59_999);
    expect((await ask(world)).outcome).toEqual(toOutcome(1));
    world.clock.advance(1);
    expect((await ask(world)).outcome).toEqual(toOutcome(2));
  });

  test("is no other question's, and no other tenant's", async () => {
    const world = new World();
    await ask(world);
    expect((await ask(world, { question: "Why?" })).outcome).toEqual(toOutcome(2));
    expect((await ask(world, { tenant: "globex" })).outcome).toEqual(toOutcome(3));
  });

  test("brings the warnings of its model call along", async () => {
    const world = new World();
    const calling = world.run(world.createCall());
    await settle();
    world.executions[0]!.call.notes.providerWarnings.push("/seed was dropped: it is not known.");
    world.executions[0]!.finish();
    await calling;
    expect((await ask(world)).notes.providerWarnings).toEqual(["/seed was dropped: it is not known."]);
  });

  test("serves other processes, and is not asked of a store that is switched off", async () => {
    const world = new World();
    await ask(world);
    world.clock.advance(100);
    await settle();
    const other = new World();
    for (const [name, row] of world.store.rows) other.store.rows.set(name, row);
    expect((await ask(other)).notes.cache).toMatchObject({ status: "hit" });
    const third = new World();
    for (const [name, row] of world.store.rows) third.store.rows.set(name, row);
    const base = third.createCall();
    const snapshot = { ...base.snapshot, reuse: { isStored: false } };
    expect((await ask(third, { snapshot })).notes.cache).toEqual({ status: "miss" });
    expect(third.store.reads).toBe(0);
  });
});

describe("Cache-Control", () => {
  const rows: readonly (readonly [CacheControl, string, string])[] = [
    [{ noCache: true }, "bypass", "new"],
    [{ noStore: true }, "hit", "old"],
    [{ maxAgeSeconds: 9 }, "miss", "new"],
    [{ maxAgeSeconds: 10 }, "hit", "old"],
    [{ onlyIfCached: true }, "hit", "old"],
  ];
  for (const [control, status, after] of rows) {
    test(`${JSON.stringify(control)} gets a ${status} of an answer 10 s old, and leaves the ${after} one`, async () => {
      const world = new World();
      await ask(world);
      world.clock.advance(10_000);
      expect((await ask(world, { control })).notes.cache).toMatchObject({ status });
      expect((await ask(world)).outcome).toEqual(toOutcome(after === "new" ? 2 : 1));
    });
  }

  test("no-store leaves nothing behind", async () => {
    const world = new World();
    expect((await ask(world, { control: { noStore: true } })).notes.cache).toEqual({ status: "bypass" });
    expect((await ask(world)).outcome).toEqual(toOutcome(2));
  });

  test("only-if-cached asks no model, also where nothing is reused", async () => {
    const world = new World();
    const control = { onlyIfCached: true };
    await expect(ask(world, { control })).rejects.toMatchObject({ code: "not_cached" });
    const { endpoint } = world.createCall();
    const without = { control, endpoint: { ...endpoint!, reuse: undefined } };
    await expect(ask(world, without)).rejects.toMatchObject({ code: "not_cached" });
    expect(world.executions).toHaveLength(0);
  });
});

describe("what is not kept", () => {
  const spoilers: Readonly<Record<string, (call: Call) => void>> = {
    "an answer of another model": ({ notes }) => (notes.target = { ...notes.target!, model: "large-1" }),
    "an answer that two model calls wrote": ({ notes }) =>
      void notes.attempts.push({ provider: "test", model: "small-1", reason: "continue", durationMs: 1 }),
    "an answer with warnings": ({ notes }) => void notes.warnings.push("answer_rescued"),
  };
  for (const [what, spoil] of Object.entries(spoilers)) {
    test(`is ${what}`, async () => {
      const world = new World();
      const calling = world.run(world.createCall());
      await settle();
      spoil(world.executions[0]!.call);
      world.executions[0]!.finish();
      await calling;
      expect((await ask(world)).notes.cache).toEqual({ status: "miss" });
    });
  }

  const endings: Readonly<Record<string, Partial<Completion>>> = {
    "an answer that was cut": { finishReason: "length" },
    "a fallback": { outcome: { status: "fallback", output: {}, warnings: [] } },
    "a refusal": { outcome: { status: "refused", output: {}, warnings: [] } },
    "an answer of more than a mebibyte": { outcome: { ...toOutcome(1), output: { text: "x".repeat(1024 * 1024) } } },
  };
  for (const [what, changes] of Object.entries(endings)) {
    test(`is ${what}`, async () => {
      const { run, asked } = withAnswer(changes);
      await run();
      await run();
      expect(asked()).toBe(2);
    });
  }

  test("(but an answer that is none of this is)", async () => {
    const { run, asked } = withAnswer({});
    await run();
    await run();
    expect(asked()).toBe(1);
  });
});

/** The stage before a model that always answers so. */
function withAnswer(changes: Partial<Completion>): { run: () => Promise<Reply>; asked: () => number } {
  const world = new World();
  const stage = reuseReply({ answers: world.answers, clock: world.clock, priceOf: () => null });
  let count = 0;
  const whole: Completion = { text: "", toolCalls: [], finishReason: "stop", outcome: toOutcome(1), ...changes };
  const next = (): Promise<Reply> => {
    count++;
    return Promise.resolve({ whole, parts: (async function* () {})() });
  };
  return { run: () => stage(world.createCall(), next), asked: () => count };
}

describe("dialects", () => {
  const foreign: ForeignRequest = { dialect: "openai-chat", body: { messages: [] } };
  const base = new World().createCall();
  const snapshot = { ...base.snapshot, reuse: { dialects: { ttlSeconds: 60 } } };
  const chat: CallChanges = { endpoint: undefined, foreign, snapshot };

  test("are reused where the project says so", async () => {
    const world = new World();
    await ask(world, chat);
    expect((await ask(world, chat)).notes.cache).toMatchObject({ status: "hit" });
    const off = await ask(world, { ...chat, snapshot: base.snapshot });
    expect(off.notes.cache).toBeUndefined();
    expect(world.executions).toHaveLength(2);
  });

  test("are not where words do not carry what is asked for, nor where tokens are counted", async () => {
    const world = new World();
    const losses = [{ path: "/tools/0", effect: "refused", why: "is a tool of the vendor's own" }] as const;
    const others: CallChanges[] = [
      { ...chat, foreign: { ...foreign, losses } },
      { ...chat, foreign: { ...foreign, dialect: "openai-moderations" } },
      { ...chat, task: { type: "count-tokens" } },
    ];
    for (const changes of others) expect((await ask(world, changes)).notes.cache).toBeUndefined();
    const dropped = [{ path: "/metadata", effect: "dropped", why: "is not needed" }] as const;
    const same = await ask(world, { ...chat, foreign: { ...foreign, losses: dropped } });
    expect(same.notes.cache).toEqual({ status: "miss" });
  });
});

describe("semantic reuse", () => {
  test("gives the answer of a request that means the same, of the same tenant only", async () => {
    const added: string[] = [];
    const world = new World({
      findSimilar: async (_call, { tenant }) => known && { ...known, tenant: tenant === "globex" ? "acme" : tenant },
      add: (call, key) => {
        added.push(JSON.stringify(call.messages));
        known = key;
      },
    });
    let known: { readonly tenant: string; readonly hash: string } | undefined;
    const reuse = { ttlSeconds: 60, semantic: { similarity: 0.9 } };
    const endpoint = { ...world.createCall().endpoint!, reuse };
    await ask(world, { endpoint });
    const similar = await ask(world, { endpoint, question: "What, please?" });
    expect(similar.outcome).toEqual(toOutcome(1));
    expect(similar.notes.cache).toMatchObject({ status: "semantic", saved: { microUsd: 7 } });
    expect(added).toEqual([JSON.stringify([{ role: "user", content: "What?" }])]);
    const other = await ask(world, { endpoint, question: "What, please?", tenant: "globex" });
    expect(other.outcome).toEqual(toOutcome(2));
    const fresh = await ask(world, { endpoint, question: "What now?", control: { noCache: true } });
    expect(fresh.outcome).toEqual(toOutcome(3));
  });
});

test("a failure is nobody's answer later", async () => {
  const world = new World();
  const calling = world.run(world.createCall());
  await settle();
  world.executions[0]!.say(new HeadgateError("provider_unavailable"));
  await expect(calling).rejects.toMatchObject({ code: "provider_unavailable" });
  expect((await ask(world)).outcome).toEqual(toOutcome(2));
});
