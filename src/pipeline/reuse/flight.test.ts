import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { collect, type Part, type Reply } from "../../reply.ts";
import { settle, toOutcome, usage, World, type CallChanges } from "./reuse-fixture.ts";

const delta = (text: string): Part => ({ type: "delta", path: "/text", append: text });
const cancelled = new HeadgateError("request_cancelled");

interface Reader {
  readonly call: Call;
  readonly client: AbortController;
  /** What it has read so far. */
  readonly seen: Part[];
  /** Resolves to the reply's outcome, or to the code of the error that it failed with. */
  readonly end: Promise<unknown>;
}

function read(world: World, changes: CallChanges = {}): Reader {
  const client = new AbortController();
  const call = world.createCall({ signal: client.signal, ...changes });
  const seen: Part[] = [];
  const readAll = async (reply: Reply): Promise<unknown> => {
    if (reply.whole) return reply.whole.outcome;
    for await (const part of reply.parts) seen.push(part);
    const last = seen.at(-1);
    return last?.type === "finish" ? last.outcome : "no finish";
  };
  const end = world
    .run(call)
    .then(readAll)
    .catch((error: unknown) => HeadgateError.from(error).code);
  return { call, client, seen, end };
}

async function readMany(world: World, changes: readonly CallChanges[]): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (const each of changes) {
    readers.push(read(world, each));
    await settle();
  }
  return readers;
}

const statuses = (readers: readonly Reader[]): unknown[] => readers.map(({ call }) => call.notes.cache?.status);
const attempts = (readers: readonly Reader[]): number[] => readers.map(({ call }) => call.notes.attempts.length);

describe("twins", () => {
  test("share one execution, plain and streamed, and one of them pays", async () => {
    const world = new World();
    const readers = await readMany(world, [{ stream: true }, {}, { stream: true }, {}]);
    world.executions[0]!.say(delta("Answer"));
    await settle();
    const late = read(world, { stream: true });
    await settle();
    expect(late.seen).toEqual([delta("Answer")]);
    world.executions[0]!.finish();
    const all = [...readers, late];
    expect(await Promise.all(all.map(({ end }) => end))).toEqual(all.map(() => toOutcome(1)));
    expect(world.executions).toHaveLength(1);
    expect(statuses(all)).toEqual(["miss", "join", "join", "join", "join"]);
    expect(attempts(all)).toEqual([1, 0, 0, 0, 0]);
    for (const { call } of all.slice(1)) {
      expect(call.notes.cache?.saved).toEqual({ inputTokens: 100, outputTokens: 20, microUsd: 7 });
    }
    expect(all[0]!.call.notes.cache).toEqual({ status: "miss" });
  });

  test("of a plain call get its answer in the form that they want", async () => {
    const world = new World();
    const readers = await readMany(world, [{}, { stream: true }, {}]);
    world.executions[0]!.finish();
    expect(await Promise.all(readers.map(({ end }) => end))).toEqual(readers.map(() => toOutcome(1)));
    expect(readers[1]!.seen.map(({ type }) => type)).toEqual(["delta", "delta", "usage", "finish"]);
    expect(world.executions).toHaveLength(1);
  });

  test("ask once even while the store is looked through", async () => {
    const world = new World();
    const gate = Promise.withResolvers<void>();
    world.store.gate = gate.promise;
    const readers = [read(world), read(world), read(world)];
    await settle();
    expect(world.store.reads).toBe(1);
    gate.resolve();
    await settle();
    world.executions[0]!.finish();
    expect(await Promise.all(readers.map(({ end }) => end))).toEqual(readers.map(() => toOutcome(1)));
    expect(world.executions).toHaveLength(1);
  });

  test("of different tenants are none", async () => {
    const world = new World();
    const readers = await readMany(world, [{ tenant: "a" }, { tenant: "b" }]);
    for (const execution of world.executions) execution.finish();
    expect(await Promise.all(readers.map(({ end }) => end))).toEqual([toOutcome(1), toOutcome(2)]);
  });

  test("that want a new answer, or one that nobody else gets, ask by themselves", async () => {
    const world = new World();
    const controls = [{}, { noCache: true }, { noStore: true }].map((control) => ({ control }));
    const readers = await readMany(world, controls);
    expect(world.executions).toHaveLength(3);
    for (const execution of world.executions) execution.finish();
    await Promise.all(readers.map(({ end }) => end));
    expect(statuses(readers)).toEqual(["miss", "bypass", "bypass"]);
  });
});

describe("a reader that leaves", () => {
  for (const stream of [true, false]) {
    test(`leaves the others what they read, also as the first (${stream ? "streamed" : "plain"})`, async () => {
      const world = new World();
      const readers = await readMany(world, [{ stream }, { stream }, { stream }]);
      world.executions[0]!.say(delta("A"));
      await settle();
      readers[0]!.client.abort(cancelled);
      expect(await readers[0]!.end).toBe("request_cancelled");
      world.executions[0]!.finish();
      expect(await Promise.all(readers.slice(1).map(({ end }) => end))).toEqual([toOutcome(1), toOutcome(1)]);
      expect(attempts(readers)).toEqual([0, 1, 0]);
      expect(statuses(readers)).toEqual(["miss", "join", "join"]);
      expect(readers[1]!.call.notes.cache?.saved).toBeUndefined();
    });

    test(`ends the execution as the last one, and pays for it (${stream ? "streamed" : "plain"})`, async () => {
      const world = new World();
      const readers = await readMany(world, [{ stream }, { stream }]);
      world.executions[0]!.say(delta("A"));
      await settle();
      readers[0]!.client.abort(cancelled);
      await readers[0]!.end;
      expect(world.executions[0]!.call.signal.aborted).toBe(false);
      readers[1]!.client.abort(cancelled);
      expect(await readers[1]!.end).toBe("request_cancelled");
      expect(world.executions[0]!.call.signal.reason).toBe(cancelled);
      expect(attempts(readers)).toEqual([0, 1]);
      // Whoever comes now begins anew.
      const next = read(world);
      await settle();
      expect(world.executions).toHaveLength(2);
      world.executions[1]!.finish();
      expect(await next.end).toEqual(toOutcome(2));
    });
  }

  test("closes the model's stream, as the last one, when it has read enough", async () => {
    const world = new World();
    const calls = [world.createCall({ stream: true }), world.createCall({ stream: true })];
    const replies = [await world.run(calls[0]!), await world.run(calls[1]!)];
    world.executions[0]!.say(delta("A"), delta("B"));
    const iterators = replies.map(({ parts }) => parts[Symbol.asyncIterator]());
    await iterators[0]!.next();
    await iterators[0]!.return!();
    expect(world.executions[0]!.isClosed).toBe(false);
    await iterators[1]!.next();
    await iterators[1]!.return!();
    expect(world.executions[0]!.isClosed).toBe(true);
    expect(calls.map(({ notes }) => notes.attempts.length)).toEqual([0, 1]);
  });

  test("hands the costs to one who pays from the same key", async () => {
    const world = new World();
    const readers = await readMany(world, [{ keyId: "a" }, { keyId: "b" }, { keyId: "a" }]);
    readers[0]!.client.abort(cancelled);
    world.executions[0]!.finish();
    await Promise.all(readers.map(({ end }) => end));
    expect(attempts(readers)).toEqual([0, 0, 1]);
  });

  test("that had been cancelled before it came has nothing executed in its name", async () => {
    const world = new World();
    const client = new AbortController();
    client.abort(cancelled);
    const reader = read(world, { signal: client.signal });
    expect(await reader.end).toBe("request_cancelled");
    expect(world.executions[0]!.call.signal.aborted).toBe(true);
  });
});

describe("deadlines", () => {
  test("of the first end nothing for those that came a little later", async () => {
    const world = new World();
    const [first, second] = await readMany(world, [{}]).then(async ([reader]) => {
      world.clock.advance(10_000);
      return [reader!, ...(await readMany(world, [{}]))];
    });
    first!.client.abort(new HeadgateError("deadline_exceeded"));
    expect(await first!.end).toBe("deadline_exceeded");
    world.executions[0]!.finish();
    expect(await second!.end).toEqual(toOutcome(1));
  });

  test("are kept: who would still be waiting when the execution has to end begins one of its own", async () => {
    const world = new World();
    const [first] = await readMany(world, [{}]);
    world.clock.advance(15_001);
    const [second] = await readMany(world, [{}]);
    expect(world.executions).toHaveLength(2);
    for (const execution of world.executions) {
      expect(execution.call.deadlineMs).toBeGreaterThanOrEqual(
        execution.number === 1 ? first!.call.deadlineMs : second!.call.deadlineMs,
      );
      execution.finish();
    }
    expect([await first!.end, await second!.end]).toEqual([toOutcome(1), toOutcome(2)]);
  });
});

describe("a failure", () => {
  test("of the model is everybody's, and the first pays", async () => {
    const world = new World();
    const readers = await readMany(world, [{ stream: true }, { stream: true }, {}]);
    world.executions[0]!.say(delta("A"), new HeadgateError("provider_unavailable"));
    expect(await Promise.all(readers.map(({ end }) => end))).toEqual(readers.map(() => "provider_unavailable"));
    expect(world.executions).toHaveLength(1);
    expect(attempts(readers)).toEqual([1, 0, 0]);
    expect(readers[1]!.call.notes.cache).toEqual({ status: "join" });
  });

  test("of the first one's budget has the next take its place, and not all of them", async () => {
    const world = new World();
    const readers = await readMany(world, [{ keyId: "spent" }, { keyId: "b" }, { keyId: "c" }]);
    world.executions[0]!.say(new HeadgateError("budget_exceeded"));
    await settle();
    expect(world.executions.map(({ call }) => call.keyId)).toEqual(["spent", "b"]);
    world.executions[1]!.finish();
    expect(await Promise.all(readers.map(({ end }) => end))).toEqual(["budget_exceeded", toOutcome(2), toOutcome(2)]);
    expect(statuses(readers)).toEqual(["miss", "miss", "join"]);
  });

  test("to end is one: a stream without a finish", async () => {
    const world = new World();
    const call = world.createCall({ stream: true });
    const stage = world.run(call);
    const reply = await stage;
    world.executions[0]!.say(new HeadgateError("stream_cut"));
    await expect(collect(reply)).rejects.toMatchObject({ code: "stream_cut" });
    expect(world.store.rows.size).toBe(0);
  });
});

test("a slow reader stalls nobody, and a large answer is read without being held", async () => {
  const world = new World();
  const slowCall = world.createCall({ stream: true });
  const slow = (await world.run(slowCall)).parts[Symbol.asyncIterator]();
  const fast = read(world, { stream: true });
  await settle();
  const text = "x".repeat(100_000);
  for (let count = 0; count < 20; count++) world.executions[0]!.say(delta(text));
  await settle();
  expect(fast.seen).toHaveLength(20);
  const late = read(world, { stream: true });
  await settle();
  // It would not get the beginning any more.
  expect(world.executions).toHaveLength(2);
  world.executions[0]!.finish();
  expect(await fast.end).toEqual(toOutcome(1));
  await expect(slow.next()).rejects.toMatchObject({ code: "stream_cut" });
  world.executions[1]!.finish();
  expect(await late.end).toEqual(toOutcome(2));
  expect(usage.inputTokens).toBe(fast.call.notes.cache?.saved?.inputTokens);
});
