import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import type { Part } from "../../reply.ts";
import { failed, finish, late, say, wait, World, type Answer, type Step, type WorldOptions } from "./model-fixture.ts";

const cut = failed("stream_cut");
const begun = "The capital of France is Paris. It lies on the";
const rest = " Seine, and many people live there.";
const anchor = "France is Paris. It lies on the";

function createWorld(script: Record<string, readonly Answer[]>, options: Partial<WorldOptions> = {}): World {
  return new World({ script, ...options, call: { stream: true, ...options.call } });
}

/** The words of a text, one a part. */
function words(text: string): Part[] {
  return text.split(/(?= )/).map(say);
}

describe("nobody is asked to go on", () => {
  const cases: readonly { what: string; steps: readonly Step[]; call?: Partial<Call> }[] = [
    { what: "from a tool call", steps: [{ type: "tool-call", index: 0, id: "1", name: "f", arguments: "{" }] },
    { what: "from text and a tool call", steps: [say("a"), { type: "tool-call", index: 0, name: "f", arguments: "" }] },
    { what: "from a vendor's own step", steps: [{ type: "raw", bytes: Buffer.from("x"), says: [], isOpaque: true }] },
    {
      what: "from a relayed tool call",
      steps: [
        { type: "raw", bytes: Buffer.from("x"), says: [{ type: "tool-call", index: 0, name: "f", arguments: "" }] },
      ],
    },
    { what: "from a source", steps: [say(begun), { type: "source", source: { url: "https://example.org" } }] },
    { what: "from a refusal", steps: [{ type: "text", text: "I cannot", isRefusal: true }] },
    {
      what: "from what has log-probabilities",
      steps: [{ type: "text", text: begun, logprobs: [{ token: "a", logprob: 0 }] }],
    },
    { what: "from a long answer", steps: [say("a".repeat(33_000))] },
    {
      what: "with several answers",
      steps: [say(begun)],
      call: { foreign: { dialect: "openai-chat", body: { n: 2 } } },
    },
  ];
  test.each(cases)("$what", async ({ steps, call }) => {
    const world = createWorld({ p: [[...steps, cut]], q: [[...words(begun + rest), finish]] }, { call });
    expect((await world.read()).error).toBe(cut);
    expect(world.places).toEqual(["p/m"]);
  });

  test("by a continuation that the project does not want", async () => {
    const world = createWorld(
      {
        p: [[...words(begun), cut]],
        q: [
          [say("No."), finish],
          [say(anchor + rest), finish],
        ],
      },
      { resilience: { rescue: { holdBackChars: 0, continuation: false } } },
    );
    expect(await world.read()).toMatchObject({ text: begun, error: cut });
    expect(world.places).toEqual(["p/m", "q/m"]);
  });

  test.each([
    { what: "JSON", call: { settings: { jsonMode: true } } },
    {
      what: "what only the client's dialect can say",
      call: { foreign: { dialect: "openai-chat", body: {}, losses: [{ path: "/x", effect: "refused", why: "" }] } },
    },
  ] as const)("by a continuation of $what, though a second answer may agree", async ({ call }) => {
    const world = createWorld({ p: [[...words(begun), cut]], q: [[say("No."), finish]] }, { call });
    expect((await world.read()).error).toBe(cut);
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: left"]);
    const agreed = createWorld({ p: [[...words(begun), cut]], q: [[say(begun + rest), finish]] }, { call });
    expect(await agreed.read()).toMatchObject({ text: begun + rest });
  });

  test.each([
    say(""),
    { type: "tool-call", index: 0, name: "f", arguments: "" },
    { type: "text", text: begun, isRefusal: true },
  ] satisfies Part[])("by an answer that has %o", async (part) => {
    const world = createWorld(
      { p: [[...words(begun), cut]], q: [[part, say("x"), finish]] },
      { resilience: { maxAttempts: 2, rescue: { holdBackChars: 0, continuation: false } } },
    );
    expect(await world.read()).toMatchObject({ text: begun, error: cut });
  });
});

describe("a client that leaves during a rescue", () => {
  test.each([
    { when: "before the second answer has begun", second: late(5000, [say("x")]) },
    { when: "before the second answer agrees", second: [say("The"), wait(5000)] },
    { when: "after it", second: [say(begun + rest), wait(5000)] },
  ] satisfies { when: string; second: Answer }[])("ends the second stream, $when", async ({ second }) => {
    const client = new AbortController();
    const world = createWorld({ p: [[...words(begun), cut]], q: [second] }, { call: { signal: client.signal } });
    const reading = world.read();
    await world.until(() => world.places.length === 2);
    void world.clock.sleep(100).then(() => client.abort(failed("request_cancelled")));
    const { error } = await reading;
    expect(error).toBeDefined();
    expect(world.places).toEqual(["p/m", "q/m"]);
    expect(world.log.at(-1)).toBe("restart q/m: request_cancelled");
  });

  test("without a signal, by giving the stream back, is heard too", async () => {
    const world = createWorld({ p: [[say("a"), cut]], q: [late(1000, [say("ab"), wait(5000)])] });
    const iterator = (await world.run()).parts[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await world.until(() => world.places.length === 2);
    await iterator.return?.();
    expect(await world.pass(next)).toEqual({ done: true, value: undefined });
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: left"]);
  });
});
