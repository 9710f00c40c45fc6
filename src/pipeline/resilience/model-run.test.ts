import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../errors.ts";
import type { ModelEntry } from "../../endpoint/snapshot.ts";
import { failed, say, streamed, wait, whole, World, type Answer } from "./model-fixture.ts";

const unavailable = failed("provider_unavailable");
const retried = [
  "provider_rate_limited",
  "provider_overloaded",
  "provider_unavailable",
  "provider_protocol",
  "stream_cut",
] as const satisfies readonly ErrorCode[];
const rotated = [
  "provider_silent",
  "provider_auth",
  "provider_spent",
  "provider_model_unknown",
  "overloaded",
] as const satisfies readonly ErrorCode[];
const stopped = [
  "content_filtered",
  "provider_rejected",
  "provider_response_too_large",
  "request_cancelled",
  "internal",
] as const satisfies readonly ErrorCode[];

describe("a failure of the moment", () => {
  test.each(retried)("asks another deployment at once after %s", async (code) => {
    const world = new World({ script: { p: [failed(code)], q: [whole] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([`first p/m: ${code}`, "rotate q/m: stop"]);
    expect(world.sleeps).toEqual([]);
  });

  test.each(retried)("asks the only deployment again after a wait, after %s", async (code) => {
    const world = new World({ script: { p: [failed(code), whole] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([`first p/m: ${code}`, "retry p/m: stop"]);
    expect(world.sleeps).toEqual([250]);
  });

  test("doubles the waits", async () => {
    const world = new World({ script: { p: [unavailable, unavailable, whole] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.sleeps).toEqual([250, 500]);
  });

  test("keeps the last model call for the next model, where there is one", async () => {
    const world = new World({
      script: { p: [unavailable, unavailable], q: [whole] },
      models: { m: ["p/m"], n: ["q/n"] },
    });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([
      "first p/m: provider_unavailable",
      "retry p/m: provider_unavailable",
      "fallback q/n: stop",
    ]);
    expect(world.notes.target).toMatchObject({ provider: "q", model: "n" });
  });

  test("asks other deployments before other models, and a broken one only once more", async () => {
    const world = new World({
      script: { p: [unavailable], q: [unavailable], r: [whole] },
      models: { m: ["p/m", "q/m"], n: ["r/n"] },
    });
    await world.read();
    expect(world.log).toEqual([
      "first p/m: provider_unavailable",
      "rotate q/m: provider_unavailable",
      "fallback r/n: stop",
    ]);
  });

  test("waits at the same model where no other can be asked", async () => {
    const world = new World({
      script: { p: [failed("provider_rate_limited", 5000), whole], q: [] },
      models: { m: ["p/m"], n: ["q/n"] },
    });
    breakDown(world, "q", "n");
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["first p/m: provider_rate_limited", "retry p/m: stop"]);
  });
});

describe("a provider that asks for a wait", () => {
  const limited = (ms: number): Answer => failed("provider_rate_limited", ms);

  test("is asked again after it, and after 30 s at most", async () => {
    const world = new World({ script: { p: [limited(3000), limited(86_400_000), whole] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.sleeps).toEqual([3000, 30_000]);
    expect(world.asked.map(({ atMs }) => atMs - world.call.startedAtMs)).toEqual([0, 3000, 33_000]);
  });

  test("is asked again after a short wait though another model stands by", async () => {
    const world = new World({ script: { p: [limited(2000), whole], q: [] }, models: { m: ["p/m"], n: ["q/n"] } });
    await world.read();
    expect(world.log).toEqual(["first p/m: provider_rate_limited", "retry p/m: stop"]);
    expect(world.sleeps).toEqual([2000]);
  });

  test("is left for another model that stands by where the wait is long", async () => {
    const world = new World({ script: { p: [limited(2001)], q: [whole] }, models: { m: ["p/m"], n: ["q/n"] } });
    await world.read();
    expect(world.log).toEqual(["first p/m: provider_rate_limited", "fallback q/n: stop"]);
    expect(world.sleeps).toEqual([]);
  });

  test("is left alone by other requests meanwhile, where another may answer", async () => {
    const world = new World({ script: { p: [limited(5000)], q: [whole, whole] } });
    await world.read();
    await world.read(world.another());
    expect(world.places).toEqual(["p/m", "q/m", "q/m"]);
  });

  test("is left alone by other requests too when this one makes no further attempt", async () => {
    const world = new World({ script: { p: [limited(5000)], q: [whole] }, resilience: { maxAttempts: 1 } });
    expect((await world.read()).error).toMatchObject({ code: "provider_rate_limited" });
    await world.read(world.another());
    expect(world.places).toEqual(["p/m", "q/m"]);
  });

  test.each([
    { leftMs: 5000, log: ["first p/m: provider_rate_limited"] },
    { leftMs: 5001, log: ["first p/m: provider_rate_limited", "retry p/m: stop"] },
  ])("fails at once if its wait does not fit into $leftMs ms", async ({ leftMs, log }) => {
    const world = new World({ script: { p: [limited(5000), whole] } });
    const call = world.another({ deadlineMs: world.clock.now() + leftMs });
    await world.read(call);
    expect(call.notes.attempts).toHaveLength(log.length);
    expect(world.clock.now() - world.call.startedAtMs).toBe(log.length === 1 ? 0 : 5000);
  });

  test("is left for the next model if its wait does not fit before the deadline", async () => {
    const world = new World({ script: { p: [limited(1500)], q: [whole] }, models: { m: ["p/m"], n: ["q/n"] } });
    const call = world.another({ deadlineMs: world.clock.now() + 1000 });
    expect((await world.read(call)).whole).toBe(whole);
    expect(world.places).toEqual(["p/m", "q/n"]);
  });
});

describe("a failure that will not pass", () => {
  test.each(rotated)("goes to another deployment, then to the next model, after %s", async (code) => {
    const world = new World({
      script: { p: [failed(code)], q: [failed(code)], r: [whole] },
      models: { m: ["p/m", "q/m"], n: ["r/n"] },
    });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([`first p/m: ${code}`, `rotate q/m: ${code}`, "fallback r/n: stop"]);
    expect(world.sleeps).toEqual([]);
  });

  test.each(rotated)("never asks the same deployment again after %s", async (code) => {
    const error = failed(code);
    const world = new World({ script: { p: [error, whole] } });
    expect((await world.read()).error).toBe(error);
    expect(world.places).toEqual(["p/m"]);
  });

  test("asks nobody again who failed for good, whatever fails after", async () => {
    const world = new World({ script: { p: [failed("provider_auth"), whole], q: [unavailable, whole] } });
    expect((await world.read()).whole).toBe(whole);
    expect(world.places).toEqual(["p/m", "q/m", "q/m"]);
  });
});

describe("a prompt that is too long", () => {
  const tooLong = failed("context_too_long");
  const windows: Record<string, number | undefined> = { m: 8000, same: 8000, unknown: undefined, large: 128_000 };
  const findContextWindow = async ({ name }: ModelEntry): Promise<number | undefined> => windows[name];
  const createWorld = (models: Record<string, readonly string[]>, script: Record<string, readonly Answer[]>): World =>
    new World({ models, script, options: { findContextWindow } });

  test("goes to a model whose context is known to be larger", async () => {
    const world = createWorld(
      { m: ["p/m", "q/m"], same: ["p/same"], unknown: ["p/unknown"], large: ["r/large"] },
      { p: [tooLong], q: [], r: [whole] },
    );
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["first p/m: context_too_long", "fallback r/large: stop"]);
  });

  test("fails where none is", async () => {
    const world = createWorld({ m: ["p/m", "q/m"], same: ["p/same"], unknown: ["p/unknown"] }, { p: [tooLong], q: [] });
    expect((await world.read()).error).toBe(tooLong);
    expect(world.places).toEqual(["p/m"]);
  });
});

describe("a request that a provider cannot be told", () => {
  const untold = failed("not_translatable");

  test("goes to the next model, and neither counts nor is noted", async () => {
    const world = new World({
      script: { p: [untold], q: [untold], r: [unavailable, unavailable, whole] },
      models: { m: ["p/m"], n: ["q/n"], o: ["r/o"] },
    });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([
      "fallback r/o: provider_unavailable",
      "retry r/o: provider_unavailable",
      "retry r/o: stop",
    ]);
  });

  test("fails with what the model said that was asked", async () => {
    const world = new World({ script: { p: [unavailable], q: [untold] } });
    expect((await world.read()).error).toBe(unavailable);
    expect(world.log).toEqual(["first p/m: provider_unavailable"]);
  });
});

test.each(stopped)("%s ends the request", async (code) => {
  const error = failed(code);
  const world = new World({ script: { p: [error], q: [whole] }, models: { m: ["p/m"], n: ["q/n"] } });
  expect((await world.read()).error).toBe(error);
  expect(world.log).toEqual([`first p/m: ${code}`]);
});

describe("model calls for one request", () => {
  test("are three at most, and the last failure is the request's", async () => {
    const last = failed("provider_overloaded");
    const world = new World({ script: { p: [unavailable], q: [unavailable], r: [last], s: [whole] } });
    expect((await world.read()).error).toBe(last);
    expect(world.places).toEqual(["p/m", "q/m", "r/m"]);
  });

  test.each([1, 2, 3])("are at most %s where the project says so", async (maxAttempts) => {
    const world = new World({ script: { p: [unavailable, unavailable, unavailable] }, resilience: { maxAttempts } });
    expect((await world.read()).error).toBe(unavailable);
    expect(world.places).toHaveLength(maxAttempts);
  });

  test("are counted over all steps of the request", async () => {
    const world = new World({ script: { p: [unavailable, whole, unavailable, whole] } });
    await world.read();
    world.notes.nextReason = "reask";
    expect((await world.read()).error).toBe(unavailable);
    expect(world.log).toEqual([
      "first p/m: provider_unavailable",
      "retry p/m: stop",
      "reask p/m: provider_unavailable",
    ]);
  });

  test("do not count the pieces that a long input was cut into", async () => {
    const world = new World({ script: { p: [whole, whole, whole, unavailable, whole] } });
    for (let chunk = 0; chunk < 4; chunk++) {
      world.notes.nextReason = "chunk";
      expect((await world.read()).whole).toBe(whole);
    }
    expect(world.log.at(-1)).toBe("retry p/m: stop");
  });
});

describe("the retry budget", () => {
  const deadline = { deadlineMs: Number.MAX_SAFE_INTEGER };
  const fails: Answer = { type: "head", afterMs: 1000, answer: unavailable };

  test("lets three calls at once retry, and fails the others at once", async () => {
    const world = new World({ script: { p: Array.from({ length: 8 }, () => unavailable) }, call: deadline });
    const calls = Array.from({ length: 4 }, () => world.another());
    const ends = await Promise.allSettled(calls.map((call) => world.run(call)));
    expect(ends.every(({ status }) => status === "rejected")).toBe(true);
    expect(calls[3]?.notes.attempts).toHaveLength(1);
  });

  test("holds until the retry has begun to answer, not only while it waits", async () => {
    const slow: Answer = { type: "head", afterMs: 5000, answer: whole };
    const answers = [unavailable, unavailable, unavailable, slow, slow, slow, fails];
    const world = new World({ script: { p: answers }, call: deadline });
    const retrying = [1, 2, 3].map(() => world.run(world.another()));
    const late = world.another();
    const last = world.clock.sleep(1000).then(() => world.start(late));
    await expect(world.pass(last)).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(late.notes.attempts).toHaveLength(1);
    expect(await Promise.all(retrying)).toHaveLength(3);
  });

  test("is given back, whatever came of the retry", async () => {
    const answers = [1, 2, 3, 4, 5].flatMap(() => [failed("provider_rate_limited"), failed("provider_rejected")]);
    const world = new World({ script: { p: [...answers, failed("provider_rate_limited"), whole] } });
    for (let call = 0; call < 5; call++) await world.read(world.another());
    expect((await world.read(world.another())).whole).toBe(whole);
  });
});

describe("when every breaker is open", () => {
  test("the request fails at once, and says when to come again", async () => {
    const world = new World({ script: { p: [], q: [] }, models: { m: ["p/m"], n: ["q/n"] } });
    breakDown(world, "p", "m");
    breakDown(world, "q", "n");
    const { error } = await world.read();
    expect(error).toMatchObject({ code: "provider_unavailable", retryAfterMs: 900 });
    expect(world.log).toEqual([]);
    expect(world.clock.now()).toBe(world.call.startedAtMs);
  });

  test("the first model that can be asked is, with as many attempts as any", async () => {
    const world = new World({
      script: { p: [], q: [unavailable, unavailable, whole] },
      models: { m: ["p/m"], n: ["q/n"] },
    });
    breakDown(world, "p", "m");
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual([
      "fallback q/n: provider_unavailable",
      "retry q/n: provider_unavailable",
      "retry q/n: stop",
    ]);
  });

  test("one call in a second probes", async () => {
    const world = new World({ script: { p: [{ type: "head", afterMs: 100, answer: whole }] } });
    breakDown(world, "p", "m");
    world.clock.advance(1000);
    const [probe, other] = [world.start(world.another()), world.start(world.another())];
    await expect(other).rejects.toMatchObject({ code: "provider_unavailable" });
    expect((await world.pass(probe)).whole).toBe(whole);
    expect(world.board.list(world.clock.now())).toMatchObject([{ state: "closed" }]);
  });

  test("a probe whose client leaves gives its place back", async () => {
    const client = new AbortController();
    const world = new World({ script: { p: [{ type: "head", afterMs: 5000, answer: whole }, whole] } });
    breakDown(world, "p", "m");
    world.clock.advance(1000);
    const probe = world.start(world.another({ signal: client.signal }));
    client.abort(failed("request_cancelled"));
    await expect(probe).rejects.toMatchObject({ code: "request_cancelled" });
    expect((await world.read(world.another())).whole).toBe(whole);
  });
});

describe("a client that leaves", () => {
  test("ends the wait for a retry", async () => {
    const client = new AbortController();
    const world = new World({ script: { p: [unavailable, whole] }, call: { signal: client.signal } });
    const reply = world.start();
    await world.until(() => world.clock.waiting === 1);
    client.abort(failed("request_cancelled"));
    await expect(reply).rejects.toMatchObject({ code: "request_cancelled" });
    expect(world.places).toEqual(["p/m"]);
  });

  test.each([true, false])("ends a call that has not been answered (stream: %s)", async (stream) => {
    const client = new AbortController();
    const script = { p: [{ type: "head", afterMs: 5000, answer: whole }] } as const;
    const world = new World({ script, call: { stream, signal: client.signal } });
    const reply = world.start();
    await world.until(() => world.asked.length === 1);
    client.abort(failed("request_cancelled"));
    await expect(reply).rejects.toMatchObject({ code: "request_cancelled" });
    expect(world.log).toEqual(["first p/m: request_cancelled"]);
    expect(world.board.list(world.clock.now())).toMatchObject([{ failuresInWindow: 0 }]);
  });

  test("is asked for by nobody if it was gone before", async () => {
    const world = new World({ script: { p: [unavailable, whole] }, call: { signal: AbortSignal.abort() } });
    expect((await world.read()).error).toBe(unavailable);
    expect(world.places).toEqual(["p/m"]);
  });
});

test("a stream that is read while others fail has its own failures only", async () => {
  const world = new World({
    script: { p: [[say("a"), wait(100), ...streamed], failed("provider_rejected")] },
    call: { stream: true },
  });
  const [read, other] = await Promise.all([world.read(world.another()), world.read(world.another())]);
  expect([read.text, other.error?.code]).toEqual(["ax", "provider_rejected"]);
});

function breakDown({ board, clock }: World, provider: string, model: string): void {
  const deployment = { provider, model, weight: 1 };
  for (let call = 0; call < 5; call++)
    board.of(deployment).tryBegin(deployment, clock.now())?.fail("stream_cut", clock.now());
}
