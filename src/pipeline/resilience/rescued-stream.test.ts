import { describe, expect, test } from "vitest";
import type { Part } from "../../reply.ts";
import {
  endpoint,
  failed,
  finish,
  relay,
  say,
  usage,
  wait,
  whole,
  World,
  type Answer,
  type WorldOptions,
} from "./model-fixture.ts";

const cut = failed("stream_cut");
const begun = "The capital of France is Paris. It lies on the";
const rest = " Seine, and many people live there.";
const anchor = "France is Paris. It lies on the";
const told: Part = { type: "usage", usage };
const target = (provider: string): object => ({ provider, model: "m", tier: "fast", rule: "default" });

function createWorld(script: Record<string, readonly Answer[]>, options: Partial<WorldOptions> = {}): World {
  return new World({ script, ...options, call: { stream: true, ...options.call } });
}

/** The words of a text, one a part. */
function words(text: string): Part[] {
  return text.split(/(?= )/).map(say);
}

/** The words that the model was asked to begin its continuation with. */
function readAnchor({ asked }: World): string | undefined {
  const content = asked.at(-1)?.request.messages.at(-1)?.content;
  return /<last-words>\n([^]*)\n<\/last-words>/.exec(typeof content === "string" ? content : "")?.[1];
}

describe("a broken stream of an endpoint", () => {
  const call = { endpoint };

  test("is reset, and starts over elsewhere", async () => {
    const world = createWorld({ p: [[say("a"), say("b"), cut]], q: [[say("c"), told, finish]] }, { call });
    const { parts, text } = await world.read();
    expect(parts).toEqual([
      say("a"),
      say("b"),
      { type: "reset", reason: "rescued" },
      say("c"),
      { type: "usage", usage: { inputTokens: 6, outputTokens: 3, isEstimated: true } },
      finish,
    ]);
    expect(text).toBe("c");
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: stop"]);
    expect(world.notes.warnings).toEqual(["answer_rescued"]);
    expect(world.notes.target).toEqual(target("q"));
  });

  test("starts over as often as attempts are left", async () => {
    const broken: Answer = [say("a"), cut];
    const world = createWorld({ p: [broken, broken, broken, [say("b"), finish]] }, { call });
    const { parts, error } = await world.read();
    expect(parts.filter(({ type }) => type === "reset")).toHaveLength(2);
    expect(error).toBe(cut);
    expect(world.places).toHaveLength(3);
    expect(world.notes.warnings).toEqual(["answer_rescued"]);
  });

  test("takes no second answer whose parts are bytes, nor one that agrees: it is asked as before", async () => {
    const world = createWorld({ p: [[say("a"), cut]], q: [[say("b"), finish]] }, { call });
    await world.read();
    expect(world.asked[1]?.request).toEqual({ ...world.asked[0]?.request });
  });

  test("fails without a reset if nobody answers", async () => {
    const world = createWorld({ p: [[say("a"), cut]], q: [failed("provider_rejected")] }, { call });
    expect(await world.read()).toEqual({ parts: [say("a")], text: "a", error: cut });
    expect(world.notes.warnings).toEqual([]);
  });

  test.each(["content_filtered", "provider_rejected"] as const)("fails where it ends with %s", async (code) => {
    const error = failed(code);
    const world = createWorld({ p: [[say("a"), error]], q: [[say("b"), finish]] }, { call });
    expect((await world.read()).error).toBe(error);
    expect(world.places).toEqual(["p/m"]);
  });

  test("stalls no second time where it has stalled", async () => {
    const world = createWorld(
      { p: [[say("a"), wait(600_000)]] },
      { call: { ...call, deadlineMs: Number.MAX_SAFE_INTEGER } },
    );
    expect((await world.read()).error).toMatchObject({ code: "stream_stalled" });
    expect(world.places).toEqual(["p/m"]);
  });
});

describe("a broken stream that cannot be taken back", () => {
  describe.each([
    { how: "typed", pass: words },
    { how: "relayed", pass: (text: string) => text.split(/(?= )/).map(relay) },
  ])("and was $how", ({ pass }) => {
    test("goes on from a second answer that agrees with it", async () => {
      const world = createWorld({ p: [[...pass(begun), cut]], q: [[...words(begun + rest), told, finish]] });
      const { parts, text } = await world.read();
      expect(text).toBe(begun + rest);
      const at = pass(begun).length;
      expect(parts.slice(0, at)).toEqual(pass(begun));
      expect(parts[at]).toEqual({ type: "resumed", sent: [say(begun)], target: target("q") });
      expect(parts.slice(at + 1).map(({ type }) => type)).toEqual([
        ...words(rest).map(() => "text"),
        "usage",
        "finish",
      ]);
      expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: stop"]);
      expect(world.notes.warnings).toEqual(["answer_rescued"]);
      expect(world.asked[1]?.request).toEqual({ ...world.asked[0]?.request, wantsParts: true });
    });

    test("goes on from a continuation where the second answer says something else", async () => {
      const world = createWorld({
        p: [[...pass(begun), cut]],
        q: [
          [...words("Paris, which is the capital,"), finish],
          [say(anchor), ...words(rest), told, finish],
        ],
      });
      const { parts, text } = await world.read();
      expect(text).toBe(begun + rest);
      expect(parts.filter(({ type }) => type === "resumed")).toEqual([
        { type: "resumed", sent: [say(begun)], target: target("q") },
      ]);
      expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: left", "continue q/m: stop"]);
      expect(world.asked[1]).toMatchObject({ isLeft: true });
      expect(world.notes.warnings).toEqual(["answer_rescued"]);
      expect(begun.slice(-anchor.length)).toBe(anchor);
      expect(readAnchor(world)).toBe(begun);
    });
  });

  test("sums up what all model calls used", async () => {
    const world = createWorld({
      p: [[{ type: "usage", usage: { inputTokens: 10, outputTokens: 1 } }, ...words(begun), cut]],
      q: [
        [say("No."), finish],
        [say(anchor + rest), { type: "usage", usage: { inputTokens: 30, outputTokens: 7 } }, finish],
      ],
    });
    const { parts } = await world.read();
    const noted = world.notes.attempts.map((attempt) => attempt.usage!);
    const sum = {
      inputTokens: noted.reduce((total, { inputTokens }) => total + inputTokens, 0),
      outputTokens: noted.reduce((total, { outputTokens }) => total + outputTokens, 0),
      isEstimated: true,
    };
    expect(noted).toHaveLength(3);
    expect(parts.findLast(({ type }) => type === "usage")).toEqual({ type: "usage", usage: sum });
  });

  test("goes on from the whole answer of a server that cannot stream", async () => {
    const world = createWorld({ p: [[...words(begun), cut]], q: [{ ...whole, text: begun + rest }] });
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: stop"]);
  });

  test("goes on after a stall too, elsewhere", async () => {
    const world = createWorld({ p: [[...words(begun), wait(600_000)]], q: [[...words(begun + rest), finish]] });
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.log).toEqual(["first p/m: stream_stalled", "restart q/m: stop"]);
  });

  test("goes on at the only deployment after a cut", async () => {
    const world = createWorld({
      p: [
        [...words(begun), cut],
        [...words(begun + rest), finish],
      ],
    });
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.log).toEqual(["first p/m: stream_cut", "restart p/m: stop"]);
  });

  test("goes on though the second answer has to be asked for again", async () => {
    const world = createWorld({
      p: [[...words(begun), cut]],
      q: [failed("provider_overloaded")],
      r: [[...words(begun + rest), finish]],
    });
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: provider_overloaded", "restart r/m: stop"]);
  });

  test("goes on twice, and tells the second time what was sent until then", async () => {
    const world = createWorld({
      p: [[...words(begun), cut]],
      q: [[...words(`${begun} Seine, and`), cut]],
      r: [[say("It lies on the Seine, and many people live there."), finish]],
    });
    const { parts, text } = await world.read();
    expect(text).toBe(begun + rest);
    expect(parts.filter(({ type }) => type === "resumed")).toEqual([
      { type: "resumed", sent: [say(begun)], target: target("q") },
      { type: "resumed", sent: [say(`${begun} Seine, and`)], target: target("r") },
    ]);
    expect(world.log).toEqual(["first p/m: stream_cut", "restart q/m: stream_cut", "continue r/m: stop"]);
    expect(world.notes.warnings).toEqual(["answer_rescued"]);
  });

  test("is not asked for anew a third time", async () => {
    const again: Answer = [...words(`${begun} Seine`), cut];
    const world = createWorld(
      { p: [again, again, again, again] },
      { resilience: { rescue: { holdBackChars: 0, continuation: false } } },
    );
    const { text, error } = await world.read();
    expect([text, error]).toEqual([`${begun} Seine`, cut]);
    expect(world.places).toHaveLength(3);
  });

  test("asks anew again where the second stream broke before it agreed, and there is no other way", async () => {
    const world = createWorld(
      {
        p: [
          [...words('{"a": "one'), cut],
          [say('{"a'), cut],
          [...words('{"a": "one two"}'), finish],
        ],
      },
      { call: { stream: true, settings: { jsonMode: true } } },
    );
    expect(await world.read()).toMatchObject({ text: '{"a": "one two"}' });
    expect(world.log).toEqual(["first p/m: stream_cut", "restart p/m: stream_cut", "restart p/m: stop"]);
  });

  test("ends with its own error where nothing fits, and nothing is spliced", async () => {
    const world = createWorld({
      p: [[...words(begun), cut]],
      q: [
        [say("No."), finish],
        [say("Sure! Here is more about Rome."), finish],
      ],
    });
    const { parts, error } = await world.read();
    expect(parts).toEqual(words(begun));
    expect(error).toBe(cut);
    expect(world.notes.warnings).toEqual([]);
  });

  test("ends with its own error where nobody answers", async () => {
    const world = createWorld({
      p: [[...words(begun), cut]],
      q: [failed("provider_auth")],
      r: [failed("provider_spent")],
    });
    expect(await world.read()).toMatchObject({ text: begun, error: cut });
    expect(world.places).toEqual(["p/m", "q/m", "r/m"]);
  });

  test("goes on nowhere where the project wants no rescue", async () => {
    const world = createWorld(
      { p: [[...words(begun), cut]], q: [[say(begun), finish]] },
      { resilience: { rescue: undefined } },
    );
    expect(await world.read()).toMatchObject({ text: begun, error: cut });
    expect(world.places).toEqual(["p/m"]);
  });

  test("passes reasoning on once, and takes none of the second answer", async () => {
    const think = (text: string): Part => ({ type: "reasoning", text });
    const world = createWorld({
      p: [[think("I "), think("see."), say("It is"), cut]],
      q: [[think("Let me see."), say("It is "), say("Paris."), finish]],
    });
    const { parts, text } = await world.read();
    expect(text).toBe("It is Paris.");
    expect(parts.filter(({ type }) => type === "reasoning")).toEqual([think("I "), think("see.")]);
    expect(parts.find(({ type }) => type === "resumed")).toMatchObject({ sent: [think("I see."), say("It is")] });
  });

  test("starts its text from the second answer where only reasoning was sent", async () => {
    const world = createWorld({
      p: [[{ type: "reasoning", text: "Hm." }, cut]],
      q: [[{ type: "reasoning", text: "Oh." }, say("Paris."), finish]],
    });
    expect(await world.read()).toMatchObject({ text: "Paris." });
  });

  test("asks a model that goes on by itself with the beginning as its own last message", async () => {
    const world = createWorld(
      {
        p: [[...words(begun), cut]],
        q: [
          [say("No."), finish],
          [...words(rest), finish],
        ],
      },
      { provider: { continuesAnswers: () => true } },
    );
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.asked[2]?.request).toMatchObject({
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: begun },
      ],
      foreign: undefined,
      wantsParts: true,
    });
  });

  test("asks each model in its own way to go on, when the first that is asked fails", async () => {
    const world = createWorld(
      {
        p: [[...words(begun), cut]],
        q: [[say("No."), finish], failed("provider_overloaded")],
        r: [[say(anchor + rest), finish]],
      },
      {
        models: { m: ["p/m"], own: ["q/own"], told: ["r/told"] },
        provider: { continuesAnswers: (model) => model === "own" },
        resilience: { maxAttempts: 4 },
      },
    );
    expect(await world.read()).toMatchObject({ text: begun + rest });
    expect(world.places).toEqual(["p/m", "q/own", "q/own", "r/told"]);
    expect(world.asked[2]?.request.messages.at(-1)).toEqual({ role: "assistant", content: begun });
    expect(readAnchor(world)).toBe(begun);
  });
});
