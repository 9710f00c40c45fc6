import { describe, expect, test } from "vitest";
import type { AttemptNote } from "../../call.ts";
import type { Provider } from "../../providers/provider.ts";
import { wholeReply, type Reply } from "../../reply.ts";
import {
  failed,
  finish,
  late,
  say,
  silence,
  streamed,
  usage,
  wait,
  whole,
  World,
  type Answer,
  type WorldOptions,
} from "./model-fixture.ts";

const slow = late(5000, whole);
const other = { ...whole, text: "y" };

/** Two deployments, and a hedge after 100 ms. A token costs a micro-dollar. */
function createWorld(p: readonly Answer[], q: readonly Answer[], options: Partial<WorldOptions> = {}): World {
  const { resilience, ...others } = options;
  return new World({
    script: { p, q },
    resilience: { hedge: { afterMs: 100, maxUsdPerHour: 1 }, ...resilience },
    options: { priceOf },
    ...others,
  });
}

function priceOf({ usage: used }: AttemptNote): number {
  return (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0);
}

describe("a second model call", () => {
  test("is made beside a first that is slow, and answers if it is faster", async () => {
    const world = createWorld([slow], [late(10, other)]);
    expect((await world.read()).whole).toBe(other);
    expect(world.asked.map(({ at, atMs }) => [at, atMs - world.call.startedAtMs])).toEqual([
      ["p/m", 0],
      ["q/m", 100],
    ]);
    expect(world.log).toEqual(["hedge q/m: stop", "first p/m: request_cancelled"]);
    expect(world.notes.target).toMatchObject({ provider: "q" });
  });

  test("is cancelled, and noted, if the first is faster", async () => {
    const world = createWorld([late(150, whole)], [slow]);
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["first p/m: stop", "hedge q/m: request_cancelled"]);
    expect(world.notes.target).toMatchObject({ provider: "p" });
    expect(world.board.list(world.clock.now())).toMatchObject([{ failuresInWindow: 0 }, { failuresInWindow: 0 }]);
  });

  test.each([0, 100])("is not made beside a first that has begun after %s ms", async (ms) => {
    const world = createWorld([ms === 0 ? whole : late(ms - 1, whole)], []);
    expect((await world.read()).whole).toBe(whole);
    expect(world.places).toEqual(["p/m"]);
  });

  test("is not made beside a first that has failed: that is followed as ever", async () => {
    const world = createWorld([late(50, failed("provider_unavailable"))], [whole]);
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["first p/m: provider_unavailable", "rotate q/m: stop"]);
  });

  test("of a stream ends the first's stream", async () => {
    const world = createWorld([[wait(5000), ...streamed]], [[say("y"), finish]], { call: { stream: true } });
    expect(await world.read()).toMatchObject({ text: "y" });
    expect(world.log).toEqual(["first p/m: request_cancelled", "hedge q/m: stop"]);
  });

  test("answers where the first fails after it was made", async () => {
    const world = createWorld([late(150, failed("provider_unavailable"))], [late(500, other)]);
    expect((await world.read()).whole).toBe(other);
    expect(world.log).toEqual(["first p/m: provider_unavailable", "hedge q/m: stop"]);
  });

  test("that fails leaves the first to answer", async () => {
    const world = createWorld([slow], [failed("provider_unavailable")]);
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["hedge q/m: provider_unavailable", "first p/m: stop"]);
  });

  test("that cannot be connected leaves the first to answer", async () => {
    const generate = (): Promise<never> =>
      world.clock.sleep(500).then(() => {
        throw failed("provider_rejected");
      });
    const first: Provider = { name: "p", hasSchemaMode: true, dialects: [], generate, close: () => Promise.resolve() };
    const findProvider = (name: string): Provider => {
      if (name === "q") throw failed("provider_auth");
      return first;
    };
    const world = createWorld([], [], { options: { priceOf, findProvider } });
    await expect(world.run()).rejects.toMatchObject({ code: "provider_rejected" });
    expect(world.log).toEqual(["first p/m: provider_rejected"]);
  });

  test("that fails too leaves the first's error, and both are done with", async () => {
    const first = failed("provider_spent");
    const world = createWorld([late(200, first)], [late(200, failed("provider_auth")), whole]);
    expect((await world.read()).error).toBe(first);
    expect(world.log).toEqual(["first p/m: provider_spent", "hedge q/m: provider_auth"]);
  });

  test("is the one that a stream goes on from, once it has answered", async () => {
    const world = createWorld([silence, [say("One two"), finish]], [[say("One"), failed("stream_cut")]], {
      call: { stream: true },
    });
    expect(await world.read()).toMatchObject({ text: "One two" });
    expect(world.log).toEqual(["first p/m: request_cancelled", "hedge q/m: stream_cut", "restart p/m: stop"]);
  });

  test.each([1, 2, 3])("counts as an attempt: %s in all", async (maxAttempts) => {
    const error = failed("provider_unavailable");
    const lateError = late(200, error);
    const all = {
      p: Array.from({ length: 5 }, () => lateError),
      q: Array.from({ length: 5 }, () => lateError),
      r: Array.from({ length: 5 }, () => lateError),
    };
    const world = createWorld([], [], { script: all, resilience: { maxAttempts } });
    expect((await world.read()).error).toBe(error);
    expect(world.asked).toHaveLength(maxAttempts);
    expect(world.log).toHaveLength(maxAttempts);
  });

  test("is not made beside the last attempt", async () => {
    const error = failed("provider_unavailable");
    const script = { p: [error], q: [late(200, error)], r: [whole] };
    const world = createWorld([], [], { script, resilience: { maxAttempts: 2 } });
    expect((await world.read()).error).toBe(error);
    expect(world.places).toEqual(["p/m", "q/m"]);
  });

  test("is noted and let go at once, though its provider does not hear of it; what it sends later is closed", async () => {
    let closed = 0;
    const parts = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: say("late") } as const),
        return: () => Promise.resolve({ done: true, value: ++closed } as const),
      }),
    };
    const deaf = (): Promise<Reply> => world.clock.sleep(1000).then(() => ({ parts }));
    const findProvider = (name: string): Provider => ({
      name,
      hasSchemaMode: true,
      dialects: [],
      generate: name === "p" ? deaf : () => Promise.resolve(wholeReply(other)),
      close: () => Promise.resolve(),
    });
    const world = createWorld([], [], { options: { priceOf, findProvider }, call: { stream: true } });
    expect((await world.run()).whole).toBe(other);
    expect(world.log).toEqual(["hedge q/m: stop", "first p/m: request_cancelled"]);
    expect(world.board.list(world.clock.now())).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
    await world.pass(world.clock.sleep(1000));
    expect(closed).toBe(1);
    expect(world.log).toHaveLength(2);
  });

  test("ends with the client", async () => {
    const client = new AbortController();
    const world = createWorld([slow], [slow], { call: { signal: client.signal } });
    const reply = world.start();
    reply.catch(() => {});
    await world.pass(world.clock.sleep(200));
    expect(world.places).toEqual(["p/m", "q/m"]);
    client.abort(failed("request_cancelled"));
    await expect(reply).rejects.toMatchObject({ code: "request_cancelled" });
    expect(world.log).toEqual(["first p/m: request_cancelled", "hedge q/m: request_cancelled"]);
  });
});

describe("what hedges may cost", () => {
  /** The most that a hedge may cost is nine tenths of the hour. */
  const settings = { maxOutputTokens: 900_000 };

  test("is as much as the project says in an hour, by the most that each may", async () => {
    const world = createWorld([slow, slow], [slow], { call: { settings } });
    await Promise.all([world.read(world.another()), world.read(world.another())]);
    expect(world.places.filter((at) => at === "q/m")).toHaveLength(1);
  });

  test("has room again for what they did not cost", async () => {
    const world = createWorld([slow, slow], [late(10, other), late(10, other)], { call: { settings } });
    await world.read(world.another());
    await world.read(world.another());
    expect(world.places).toEqual(["p/m", "q/m", "p/m", "q/m"]);
  });

  test("is what the answer used, where it was complete", async () => {
    const dear = { ...whole, usage: { inputTokens: 1, outputTokens: 500_000 } };
    const world = createWorld([slow, slow], [late(10, dear), late(10, dear)], { call: { settings } });
    await world.read(world.another());
    await world.read(world.another());
    expect(world.places).toEqual(["p/m", "q/m", "p/m"]);
  });

  test.each([
    { what: "unknown", price: () => null },
    { what: "unknown yet", price: () => Promise.resolve(null) },
    {
      what: "not to be found out",
      price: () => {
        throw new Error("No.");
      },
    },
  ])("is nothing where the price is $what", async ({ price }) => {
    const world = createWorld([slow], [whole], { options: { priceOf: price } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.places).toEqual(["p/m"]);
  });

  test("is not spent where the first has begun while the price was looked up", async () => {
    const world = createWorld([late(150, whole)], [other], {
      options: { priceOf: (note) => world.clock.sleep(100).then(() => priceOf(note)) },
    });
    expect((await world.read()).whole).toBe(whole);
    await world.pass(world.clock.sleep(1000));
    expect(world.places).toEqual(["p/m"]);
  });

  test("is nothing where only one deployment may be asked", async () => {
    const world = createWorld([slow], [], { models: { m: ["p/m"], n: ["q/n"] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.places).toEqual(["p/m"]);
  });
});

test("a hedge's usage is noted with it", async () => {
  const world = createWorld([slow], [late(10, other)]);
  await world.read();
  expect(world.notes.attempts).toMatchObject([{ durationMs: 10, usage }, { durationMs: 110 }]);
});
