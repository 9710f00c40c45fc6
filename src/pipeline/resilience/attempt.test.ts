import { describe, expect, test } from "vitest";
import type { Resilience } from "../../endpoint/snapshot.ts";
import type { Part } from "../../reply.ts";
import {
  failed,
  finish,
  late,
  relay,
  say,
  silence,
  streamed,
  usage,
  wait,
  whole,
  World,
  type Answer,
  type Step,
} from "./model-fixture.ts";

const call = { stream: true };
const noRescue = { rescue: undefined };
const ping: Part = { type: "raw", bytes: Buffer.from(": ping\n\n"), says: [] };
const nothing: readonly Part[] = [ping, say(""), relay(""), { type: "reasoning", text: "" }, { type: "usage", usage }];

function createWorld(script: Record<string, readonly Answer[]>, resilience: Partial<Resilience> = noRescue): World {
  return new World({ script, call, resilience });
}

function repeat(steps: readonly Step[], times: number): Step[] {
  return Array.from({ length: times }, () => steps).flat();
}

describe("the limit to the first content", () => {
  test("holds while the head has not come, and leads to another deployment", async () => {
    const world = createWorld({ p: [silence], q: [streamed] });
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: provider_silent", "rotate q/m: stop"]);
    expect(world.asked[1]?.atMs).toBe(world.call.startedAtMs + 10_000);
  });

  test("is the project's, where it declares one", async () => {
    const world = createWorld({ p: [silence], q: [streamed] }, { timeouts: { firstTokenMs: 123 } });
    await world.read();
    expect(world.asked[1]?.atMs).toBe(world.call.startedAtMs + 123);
  });

  test("is as long as for a model alone where no call is left to take over", async () => {
    const script = { p: [[wait(50_000), ...streamed]], q: [streamed] };
    const world = createWorld(script, { ...noRescue, maxAttempts: 1 });
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: stop"]);
  });

  test.each(nothing)("is not held by %o", async (empty) => {
    const world = createWorld({ p: [repeat([empty, wait(900)], 30)], q: [streamed] });
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: provider_silent", "rotate q/m: stop"]);
    expect(world.asked[1]?.atMs).toBe(world.call.startedAtMs + 10_000);
  });

  test("is over once there is content, of whatever kind", async () => {
    const kinds: readonly Part[] = [
      { type: "reasoning", text: "hm" },
      { type: "tool-call", index: 0, name: "f", arguments: "" },
      { type: "raw", bytes: Buffer.from("x"), says: [], isOpaque: true },
      relay("x"),
    ];
    for (const kind of kinds) {
      const world = createWorld({ p: [[wait(9000), kind, wait(14_000), ...streamed]], q: [] });
      expect(await world.read()).toMatchObject({ text: expect.stringMatching(/x$/) });
      expect(world.log).toEqual(["first p/m: stop"]);
    }
  });

  test("tells of silence, not of a client that left", async () => {
    const world = createWorld({ p: [silence] }, { timeouts: { firstTokenMs: 500 } });
    const { error } = await world.read();
    expect(error).toMatchObject({
      code: "provider_silent",
      detail: "The provider p sent no content for 500 ms.",
    });
    expect(world.board.list(world.clock.now())).toMatchObject([
      { failuresInWindow: 1, lastFailure: "provider_silent" },
    ]);
  });
});

describe("the limit between content", () => {
  test.each([...nothing, { type: "tool-call", index: 0, arguments: "" } as const])(
    "is not held by %o",
    async (empty) => {
      const world = createWorld({ p: [[say("a"), ...repeat([empty, wait(900)], 30)]], q: [] });
      const { error, text } = await world.read();
      expect([text, error?.code]).toEqual(["a", "stream_stalled"]);
      expect(world.notes.attempts).toMatchObject([{ durationMs: 15_000, errorCode: "stream_stalled" }]);
    },
  );

  test("begins anew with each piece of content", async () => {
    const world = createWorld({ p: [[...repeat([wait(9000), say("a")], 5), ...streamed]], q: [] });
    expect(await world.read()).toMatchObject({ text: "aaaaax" });
  });

  test("does not count time in which the client is slow", async () => {
    const world = createWorld({ p: [[say("a"), wait(14_000), say("b"), wait(14_000), ...streamed]], q: [] });
    const iterator = (await world.run()).parts[Symbol.asyncIterator]();
    const texts: string[] = [];
    for (;;) {
      const step = await world.pass(iterator.next());
      if (step.done === true) break;
      if (step.value.type === "text") texts.push(step.value.text);
      await world.pass(world.clock.sleep(5000));
    }
    expect(texts).toEqual(["a", "b", "x"]);
  });

  test("ends with the answer", async () => {
    const world = createWorld({ p: [[...streamed, wait(50_000), ping]], q: [] });
    expect((await world.read()).parts.at(-1)).toBe(ping);
  });
});

describe("the limit of a whole answer", () => {
  const resilience = { timeouts: { wholeAnswerMs: 1000 } };

  test("leads to another deployment", async () => {
    const world = new World({ script: { p: [late(1500, whole)], q: [late(900, whole)] }, resilience });
    expect((await world.read()).whole).toBe(whole);
    expect(world.log).toEqual(["first p/m: provider_silent", "rotate q/m: stop"]);
    expect(world.asked.map(({ atMs, deadlineMs }) => deadlineMs - atMs)).toEqual([1000, 1000]);
  });

  test("is not told from the request's deadline once that has passed", async () => {
    const world = new World({ script: { p: [late(5000, whole)], q: [whole] }, resilience });
    const other = world.another({ deadlineMs: world.clock.now() + 1000 });
    expect((await world.read(other)).error).toMatchObject({ code: "deadline_exceeded" });
    expect(world.places).toEqual(["p/m"]);
  });

  test("is no limit of a stream", async () => {
    const steps = [...repeat([wait(900), say("a")], 5), ...streamed];
    const world = new World({ script: { p: [steps], q: [] }, resilience, call });
    expect(await world.read()).toMatchObject({ text: "aaaaax" });
  });

  test("is half of what is left where another deployment stands by", async () => {
    const world = new World({ script: { p: [silence], q: [late(10, whole)] } });
    const other = world.another({ deadlineMs: world.clock.now() + 8000 });
    expect((await world.read(other)).whole).toBe(whole);
    expect(world.asked[1]?.atMs).toBe(world.call.startedAtMs + 4000);
  });
});

describe("a stream that is held back", () => {
  const holdBack = (holdBackChars: number): Partial<Resilience> => ({ rescue: { holdBackChars, continuation: true } });
  const cut = failed("stream_cut");

  test("starts over unseen if it breaks before", async () => {
    const world = createWorld(
      { p: [[say("One "), say("two "), cut]], q: [[say("Uno"), say(" dos"), say(" tres"), finish]] },
      holdBack(10),
    );
    const { parts, text } = await world.read();
    expect(text).toBe("Uno dos tres");
    expect(parts.some(({ type }) => type === "resumed" || type === "reset")).toBe(false);
    expect(world.log).toEqual(["first p/m: stream_cut", "rotate q/m: stop"]);
    expect(world.notes.warnings).toEqual([]);
  });

  test("passes on all that it held, in order, once it has enough", async () => {
    const world = createWorld(
      { p: [[ping, say("One "), relay("two "), say("three"), wait(100), ...streamed]] },
      holdBack(10),
    );
    const reply = await world.run();
    expect(world.clock.now()).toBe(world.call.startedAtMs);
    const parts: Part[] = [];
    const iterator = reply.parts[Symbol.asyncIterator]();
    for (let step = await iterator.next(); !step.done; step = await world.pass(iterator.next())) parts.push(step.value);
    expect(parts).toEqual([ping, say("One "), relay("two "), say("three"), ...streamed]);
  });

  test("is passed on when it ends before", async () => {
    const world = createWorld({ p: [streamed] }, holdBack(1000));
    expect((await world.read()).parts).toEqual(streamed);
  });

  test("counts what a tool is called with, and what has no words", async () => {
    const call1: Part = { type: "tool-call", index: 0, name: "f", arguments: "0123456789" };
    const opaque: Part = { type: "raw", bytes: Buffer.from("0123456789"), says: [], isOpaque: true };
    for (const part of [call1, opaque]) {
      const world = createWorld({ p: [[part, wait(5000), ...streamed]] }, holdBack(10));
      const reply = await world.run();
      expect(world.clock.now()).toBe(world.call.startedAtMs);
      await reply.parts[Symbol.asyncIterator]().return?.();
    }
  });

  test("has the limit between content as well", async () => {
    const world = createWorld({ p: [[say("a"), wait(20_000), ...streamed]], q: [streamed] }, holdBack(10));
    expect(await world.read()).toMatchObject({ text: "x" });
    expect(world.log).toEqual(["first p/m: stream_stalled", "rotate q/m: stop"]);
  });

  test("is bounded by what comes until it is left", async () => {
    const client = new AbortController();
    const world = new World({
      script: { p: [[say("a"), wait(20_000), ...streamed]] },
      call: { ...call, signal: client.signal },
      resilience: holdBack(10),
    });
    const reply = world.start();
    await world.until(() => world.clock.waiting === 2);
    client.abort(failed("request_cancelled"));
    await expect(reply).rejects.toMatchObject({ code: "request_cancelled" });
  });
});

test("a provider that tells of an abort in its own words does not hide why", async () => {
  const generate = (_: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
    });
  const world = new World({ script: { p: [], q: [] }, provider: { generate }, call, resilience: { maxAttempts: 2 } });
  expect((await world.read()).error).toMatchObject({ code: "provider_silent" });
  expect(world.log).toEqual(["first p/m: provider_silent", "rotate q/m: provider_silent"]);
});
