import { describe, expect, test } from "vitest";
import type { Call } from "../../call.ts";
import type { HeadgateError } from "../../errors.ts";
import type { Part, Usage } from "../../reply.ts";
import { endpoint, failed, finish, say, usage, whole, World, type Answer, type WorldOptions } from "./model-fixture.ts";

const cut = failed("stream_cut");

function createWorld(answers: readonly Answer[], options: Partial<WorldOptions> = {}): World {
  const { call, ...others } = options;
  return new World({
    script: { p: answers },
    call: { stream: true, ...call },
    resilience: { rescue: undefined },
    ...others,
  });
}

async function leave(world: World): Promise<void> {
  await (await world.run()).parts[Symbol.asyncIterator]().return?.();
}

describe("usage that the provider never reports is estimated", () => {
  const messages: Call["messages"] = [
    { role: "system", content: "12345" },
    { role: "user", content: [{ type: "text", text: "1234" }] },
  ];
  const words: Part[] = [
    { type: "reasoning", text: "123" },
    say("1234"),
    { type: "tool-call", index: 0, name: "ab", arguments: "{}" },
  ];

  test("for a stream that is cut, from what came until then", async () => {
    const world = createWorld([[...words, cut]], { call: { messages } });
    expect((await world.read()).error).toBe(cut);
    expect(world.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 3, isEstimated: true });
  });

  test("for a stream that its reader leaves", async () => {
    const world = createWorld([words], { call: { messages } });
    await leave(world);
    expect(world.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 1, isEstimated: true });
  });

  test("for a relayed stream, from what its bytes say", async () => {
    const parts: Part[] = [
      { type: "raw", bytes: Buffer.from("data: {}\n\ndata: {}\n\n"), says: [say("12345678")] },
      { type: "raw", bytes: Buffer.from(": ping\n\n"), says: [] },
    ];
    const world = createWorld([[...parts, cut]], { call: { messages } });
    expect((await world.read()).error).toBe(cut);
    expect(world.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 2, isEstimated: true });
  });

  test("for a whole answer, whose reader gets it too, with a warning", async () => {
    const world = createWorld([{ text: "12345", toolCalls: [], finishReason: "stop" }], {
      call: { messages, stream: false },
    });
    const estimated = { inputTokens: 3, outputTokens: 2, isEstimated: true };
    expect((await world.run()).whole?.usage).toEqual(estimated);
    const warnings = ["The provider reported no usage: tokens are estimated."];
    expect(world.notes).toMatchObject({ attempts: [{ usage: estimated, warnings }], providerWarnings: warnings });
  });

  test("for a stream that ends well, whose reader gets it before the finish", async () => {
    const world = createWorld([[...words, finish]], { call: { messages } });
    const estimated = { inputTokens: 3, outputTokens: 3, isEstimated: true };
    expect((await world.read()).parts).toEqual([...words, { type: "usage", usage: estimated }, finish]);
    expect(world.notes.attempts).toMatchObject([{ usage: estimated, finishReason: "stop" }]);
  });

  test("for a stream that says nothing but its end", async () => {
    const world = createWorld([[finish]], { call: { messages } });
    expect((await world.read()).parts.map(({ type }) => type)).toEqual(["usage", "finish"]);
  });

  test("but not once it was reported, nor for a call that failed before it was answered", async () => {
    const world = createWorld([failed("provider_unavailable"), [say("x"), { type: "usage", usage }, cut]]);
    expect((await world.read()).error).toBe(cut);
    expect(world.notes.attempts.map((attempt) => attempt.usage)).toEqual([undefined, usage]);
  });

  test("but not for what costs nothing", async () => {
    const { usage: _, ...rest } = whole;
    const result = { type: "count-tokens", inputTokens: 1, isEstimated: false } as const;
    const world = createWorld([{ ...rest, result }], { call: { stream: false } });
    expect((await world.run()).whole?.usage).toBeUndefined();
  });
});

describe("usage that the provider has told before the end holds", () => {
  const told: Usage = { inputTokens: 5000, outputTokens: 1, cachedInputTokens: 4000 };
  const begun: Part[] = [say("12345678")];
  const fails = async (error: HeadgateError, parts: Part[] = []): Promise<Usage | undefined> => {
    const world = createWorld([[...parts, error]], { told });
    expect((await world.read()).error).toBe(error);
    return world.notes.attempts[0]?.usage;
  };

  test("for a stream that its reader leaves, with what came since then", async () => {
    const world = createWorld([begun], { told });
    await leave(world);
    expect(world.notes.attempts[0]?.usage).toEqual({ ...told, outputTokens: 2, isEstimated: true });
  });

  test("for a stream that fails midway", async () => {
    expect(await fails(cut, begun)).toEqual({ ...told, outputTokens: 2, isEstimated: true });
  });

  test("for a client that leaves before the first word, but not for a provider that fails before it", async () => {
    expect(await fails(failed("request_cancelled"))).toEqual({ ...told, isEstimated: true });
    expect(await fails(failed("provider_rejected"))).toBeUndefined();
  });

  test("for a provider that is given up before its first word", async () => {
    expect(await fails(failed("provider_silent"))).toEqual({ ...told, isEstimated: true });
  });
});

describe("an answer beyond the limit that was asked for", () => {
  const usageBeyond: Usage = { inputTokens: 3, outputTokens: 12 };
  const limited = { ...endpoint, limits: { outputTokens: 10, onExceeded: "reduce" } } as const;
  const warnings = ["The provider answered with 12 tokens where at most 10 were asked for."];
  const settings = { maxOutputTokens: 10 };

  test("of an endpoint with strict limits is passed on, and noted", async () => {
    const answer = { ...whole, usage: usageBeyond };
    const world = createWorld([answer], { call: { stream: false, endpoint: limited, settings } });
    expect((await world.read()).text).toBe("x");
    expect(world.notes.attempts).toMatchObject([{ usage: usageBeyond, warnings }]);
  });

  test("is noted of a stream before its end is passed on", async () => {
    const parts: Part[] = [say("x"), { type: "usage", usage: usageBeyond }, finish];
    const world = createWorld([parts], { call: { endpoint: limited, settings } });
    expect((await world.read()).text).toBe("x");
    expect(world.notes.attempts).toMatchObject([{ warnings }]);
  });

  test.each([
    ["as long as it may be", { endpoint: limited, settings: { maxOutputTokens: 12 } }],
    ["of an endpoint without strict limits", { endpoint, settings }],
    ["of no endpoint", { settings }],
  ])("is nothing to one %s", async (_which, call) => {
    const world = createWorld([{ ...whole, usage: usageBeyond }], { call: { ...call, stream: false } });
    await world.read();
    expect(world.notes.attempts[0]?.warnings).toBeUndefined();
  });
});
