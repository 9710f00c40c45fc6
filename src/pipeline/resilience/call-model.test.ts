import { describe, expect, test } from "vitest";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { Call } from "../../call.ts";
import { collect, wholeReply, type Completion, type Part, type Reply, type Usage } from "../../reply.ts";
import type { Clock } from "../../clock.ts";
import { errorCatalogue, HeadgateError, type ErrorCode } from "../../errors.ts";
import type { ModelRequest, Provider } from "../../providers/provider.ts";
import { computeBackoffMs } from "./backoff.ts";
import { callModel } from "./call-model.ts";
import { decide } from "./decisions.ts";
import { HealthBoard } from "./health/health-board.ts";

/** Time that passes only where something waits. */
function createClock(random = 0.5): Clock & { readonly sleeps: number[]; nowMs: number } {
  const clock = {
    sleeps: [] as number[],
    nowMs: 1_000_000,
    now: () => clock.nowMs,
    random: () => random,
    after: () => () => {},
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      clock.sleeps.push(ms);
      clock.nowMs += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

type Answer = HeadgateError | Completion | readonly (Part | HeadgateError)[];

interface Setup {
  readonly call: Call;
  readonly clock: ReturnType<typeof createClock>;
  readonly requests: ModelRequest[];
  readonly returned: { count: number };
  readonly run: (call?: Call) => Promise<Reply>;
}

/** A provider that gives the answers in order, and the stage around it. */
function setup(answers: readonly Answer[], overrides: Partial<Call> = {}, told?: Usage): Setup {
  const clock = createClock();
  const requests: ModelRequest[] = [];
  const returned = { count: 0 };
  const provider: Provider = {
    name: "p",
    hasSchemaMode: true,
    dialects: [],
    generate: async (request) => {
      const answer = answers[requests.length];
      requests.push(request);
      if (answer === undefined) throw new Error("Nothing is left to answer with.");
      if (answer instanceof HeadgateError) throw answer;
      return "text" in answer ? wholeReply(answer) : { parts: stream(answer, returned), usageSoFar: () => told };
    },
    close: () => Promise.resolve(),
  };
  const call: Call = {
    requestId: "r",
    startedAtMs: clock.nowMs,
    deadlineMs: clock.nowMs + 60_000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot: {
      id: "s",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
    },
    messages: [{ role: "user", content: "Hi" }],
    settings: { temperature: 0 },
    route: {
      candidates: [{ name: "m", deployments: [{ provider: "p", model: "m", weight: 1 }] }],
      tier: "fast",
      rule: "default",
    },
    stream: false,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...overrides,
  };
  const next = callModel({
    findProvider: () => provider,
    clock,
    board: new HealthBoard({ clock }),
    priceOf: () => 0,
    findContextWindow: async () => undefined,
  });
  return { call, clock, requests, returned, run: (other = call) => next(other) };
}

function stream(parts: readonly (Part | HeadgateError)[], returned: { count: number }): AsyncIterable<Part> {
  let at = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const part = parts[at++];
        if (part instanceof HeadgateError) throw part;
        return part ? { done: false, value: part } : { done: true, value: undefined };
      },
      return: async () => {
        returned.count++;
        return { done: true, value: undefined };
      },
    }),
  };
}

const usage = { inputTokens: 3, outputTokens: 2 };
const whole: Completion = { text: "x", toolCalls: [], finishReason: "stop", usage };
const streamed: Part[] = [
  { type: "text", text: "x" },
  { type: "usage", usage },
  { type: "finish", reason: "stop" },
];
const unavailable = new HeadgateError("provider_unavailable");

describe("callModel", () => {
  test("passes a whole answer on as it is, and notes it", async () => {
    const { run, call, requests } = setup([whole]);
    expect((await run()).whole).toBe(whole);
    expect(requests).toEqual([
      {
        model: "m",
        messages: call.messages,
        settings: { temperature: 0 },
        output: undefined,
        tools: undefined,
        foreign: undefined,
        wantsParts: undefined,
        stream: false,
      },
    ]);
    expect(call.notes.attempts).toEqual([
      { provider: "p", model: "m", tier: "fast", reason: "first", durationMs: 0, usage, finishReason: "stop" },
    ]);
    expect(call.notes.firstPartAtMs).toBe(1_000_000);
  });

  test("notes the reason that was asked for, once", async () => {
    const { run, call } = setup([whole, whole]);
    call.notes.nextReason = "reask";
    await run();
    await run();
    expect(call.notes.attempts.map(({ reason }) => reason)).toEqual(["reask", "first"]);
  });

  test("retries a failure, waits in between, and notes each attempt", async () => {
    const { run, call, clock } = setup([unavailable, unavailable, whole]);
    expect((await run()).whole).toBe(whole);
    expect(call.notes.attempts).toMatchObject([
      { reason: "first", errorCode: "provider_unavailable" },
      { reason: "retry", errorCode: "provider_unavailable" },
      { reason: "retry", finishReason: "stop" },
    ]);
    expect(clock.sleeps).toEqual([250, 500]);
  });

  test("gives up after three attempts, with the last error", async () => {
    const last = new HeadgateError("provider_rate_limited");
    const { run, requests } = setup([unavailable, unavailable, last, whole]);
    await expect(run()).rejects.toBe(last);
    expect(requests).toHaveLength(3);
  });

  test("counts retries over all model calls of the request", async () => {
    const { run, call, requests } = setup([unavailable, whole, unavailable, whole]);
    await run();
    call.notes.nextReason = "reask";
    await expect(run()).rejects.toBe(unavailable);
    expect(requests).toHaveLength(3);
    expect(call.notes.attempts.map(({ reason }) => reason)).toEqual(["first", "retry", "reask"]);
  });

  test.each([
    "provider_rejected",
    "provider_auth",
    "provider_response_too_large",
    "request_cancelled",
    "overloaded",
  ] as const)("does not retry %s", async (code) => {
    const { run, requests, call } = setup([new HeadgateError(code), whole]);
    await expect(run()).rejects.toMatchObject({ code });
    expect(requests).toHaveLength(1);
    expect(call.notes.attempts).toMatchObject([{ errorCode: code }]);
  });

  test("tells a limit of its own from the request's deadline", async () => {
    const late = new HeadgateError("deadline_exceeded");
    const early = setup([late, whole]);
    await expect(early.run()).rejects.toMatchObject({ code: "provider_silent" });
    const past = setup([late, whole]);
    await expect(past.run({ ...past.call, deadlineMs: past.clock.nowMs })).rejects.toBe(late);
    expect([...early.requests, ...past.requests]).toHaveLength(2);
  });

  test("has no note for a request that the provider cannot be told, since it was not asked", async () => {
    const { run, call } = setup([new HeadgateError("not_translatable"), whole]);
    await expect(run()).rejects.toMatchObject({ code: "not_translatable" });
    expect(call.notes.attempts).toEqual([]);
  });

  test("reports a bug as internal, and does not retry it", async () => {
    const { run, call } = setup([]);
    await expect(run()).rejects.toMatchObject({ code: "internal" });
    expect(call.notes.attempts).toMatchObject([{ errorCode: "internal" }]);
  });

  test("waits as long as the provider asks, up to 30 s", async () => {
    const { run, clock } = setup([
      new HeadgateError("provider_rate_limited", { retryAfterMs: 3000 }),
      new HeadgateError("provider_rate_limited", { retryAfterMs: 86_400_000 }),
      whole,
    ]);
    await run();
    expect(clock.sleeps).toEqual([3000, 30_000]);
  });

  test("fails at once if the wait does not fit before the deadline", async () => {
    const limited = new HeadgateError("provider_rate_limited", { retryAfterMs: 5000 });
    const tight = setup([limited, whole]);
    await expect(tight.run({ ...tight.call, deadlineMs: tight.clock.nowMs + 5000 })).rejects.toBe(limited);
    expect(tight.requests).toHaveLength(1);
    const enough = setup([limited, whole]);
    expect((await enough.run({ ...enough.call, deadlineMs: enough.clock.nowMs + 5001 })).whole).toBe(whole);
  });

  test("does not retry for a client that is gone", async () => {
    const { run, call, requests, clock } = setup([unavailable, whole]);
    await expect(run({ ...call, signal: AbortSignal.abort() })).rejects.toBe(unavailable);
    expect(requests).toHaveLength(1);
    expect(clock.sleeps).toEqual([]);
  });
});

describe("callModel with a stream", () => {
  test("passes the parts on, and has the note before finish is seen", async () => {
    const { run, call } = setup([streamed]);
    const seen: Part[] = [];
    for await (const part of (await run()).parts) {
      seen.push(part);
      expect(call.notes.attempts).toHaveLength(part.type === "finish" ? 1 : 0);
    }
    expect(seen).toEqual(streamed);
    expect(call.notes.attempts).toMatchObject([{ finishReason: "stop", usage }]);
  });

  test("passes on what follows finish", async () => {
    const raw: Part = { type: "raw", bytes: Buffer.from("data: [DONE]\n\n"), says: [] };
    const { run } = setup([[...streamed, raw]]);
    const seen: Part[] = [];
    for await (const part of (await run()).parts) seen.push(part);
    expect(seen.at(-1)).toBe(raw);
  });

  test("has one note for a reader that stops at finish", async () => {
    const { run, call } = setup([streamed]);
    for await (const part of (await run()).parts) if (part.type === "finish") break;
    expect(call.notes.attempts).toMatchObject([{ finishReason: "stop" }]);
  });

  test("retries while nothing was passed on", async () => {
    const { run, call } = setup([[new HeadgateError("stream_cut")], [], streamed]);
    expect(await collect(await run())).toMatchObject({ text: "x" });
    expect(call.notes.attempts).toMatchObject([
      { errorCode: "stream_cut" },
      { errorCode: "stream_cut" },
      { finishReason: "stop" },
    ]);
  });

  test("fails once a part was passed on, where the project wants no rescue", async () => {
    const cut = new HeadgateError("stream_cut");
    const { run, call, requests } = setup([[streamed[0]!, cut], streamed]);
    const snapshot = { ...call.snapshot, resilience: { ...defaultResilience, rescue: undefined } };
    await expect(collect(await run({ ...call, snapshot }))).rejects.toBe(cut);
    expect(requests).toHaveLength(1);
    expect(call.notes.attempts).toMatchObject([{ errorCode: "stream_cut" }]);
  });

  test("reports a stream that ends without finish as cut", async () => {
    const { run } = setup([[streamed[0]!]]);
    await expect(collect(await run())).rejects.toMatchObject({ code: "stream_cut" });
  });

  test.each([0, 1])(
    "that is left after %s parts closes the provider's stream, and notes why the call was aborted",
    async (partsToRead) => {
      const signal = AbortSignal.abort(new HeadgateError("deadline_exceeded"));
      const { run, call, returned } = setup([streamed], { signal });
      const iterator = (await run()).parts[Symbol.asyncIterator]();
      for (let read = 0; read < partsToRead; read++) await iterator.next();
      await iterator.return?.();
      expect(returned.count).toBe(1);
      expect(call.notes.attempts).toMatchObject([{ errorCode: "deadline_exceeded" }]);
    },
  );

  test("that its reader has enough of is no failure of the model call", async () => {
    const { run, call } = setup([streamed]);
    await (await run()).parts[Symbol.asyncIterator]().return?.();
    expect(call.notes.attempts).toHaveLength(1);
    expect(call.notes.attempts[0]).not.toHaveProperty("errorCode");
    expect(call.notes.attempts[0]).not.toHaveProperty("finishReason");
  });
});

describe("usage that the provider never reports is estimated", () => {
  const messages: Call["messages"] = [
    { role: "system", content: "12345" },
    { role: "user", content: [{ type: "text", text: "1234" }] },
  ];
  const cut = new HeadgateError("stream_cut");
  const words: Part[] = [
    { type: "reasoning", text: "123" },
    { type: "text", text: "1234" },
    { type: "tool-call", index: 0, name: "ab", arguments: "{}" },
  ];

  test("for a stream that is cut, from what came until then", async () => {
    const { run, call } = setup([[...words, cut]], { messages });
    await expect(collect(await run())).rejects.toBe(cut);
    expect(call.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 3, isEstimated: true });
  });

  test("for a stream that its reader leaves", async () => {
    const { run, call } = setup([words], { messages });
    await (await run()).parts[Symbol.asyncIterator]().return?.();
    expect(call.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 1, isEstimated: true });
  });

  test("for a relayed stream, from what its bytes say", async () => {
    const parts: Part[] = [
      { type: "raw", bytes: Buffer.from("data: {}\n\ndata: {}\n\n"), says: [{ type: "text", text: "12345678" }] },
      { type: "raw", bytes: Buffer.from(": ping\n\n"), says: [] },
    ];
    const { run, call } = setup([[...parts, cut]], { messages });
    await expect(collect(await run())).rejects.toBe(cut);
    expect(call.notes.attempts[0]?.usage).toEqual({ inputTokens: 3, outputTokens: 2, isEstimated: true });
  });

  test("for a whole answer, whose reader gets it too, with a warning", async () => {
    const { run, call } = setup([{ text: "12345", toolCalls: [], finishReason: "stop" }], { messages });
    const estimated = { inputTokens: 3, outputTokens: 2, isEstimated: true };
    expect((await run()).whole?.usage).toEqual(estimated);
    const warnings = ["The provider reported no usage: tokens are estimated."];
    expect(call.notes).toMatchObject({ attempts: [{ usage: estimated, warnings }], providerWarnings: warnings });
  });

  test("for a stream that ends well, whose reader gets it before the finish", async () => {
    const finish: Part = { type: "finish", reason: "stop" };
    const { run, call } = setup([[...words, finish]], { messages });
    const parts: Part[] = [];
    for await (const part of (await run()).parts) parts.push(part);
    const estimated = { inputTokens: 3, outputTokens: 3, isEstimated: true };
    expect(parts).toEqual([...words, { type: "usage", usage: estimated }, finish]);
    expect(call.notes.attempts).toMatchObject([{ usage: estimated, finishReason: "stop" }]);
  });

  test("for a stream that says nothing but its end", async () => {
    const { run } = setup([[{ type: "finish", reason: "stop" }]], { messages });
    const types: string[] = [];
    for await (const part of (await run()).parts) types.push(part.type);
    expect(types).toEqual(["usage", "finish"]);
  });

  test("but not once it was reported, nor for a call that failed before it was answered", async () => {
    const { run, call } = setup([unavailable, [streamed[0]!, { type: "usage", usage }, cut]], { messages });
    await expect(collect(await run())).rejects.toBe(cut);
    expect(call.notes.attempts.map((attempt) => attempt.usage)).toEqual([undefined, usage]);
  });
});

async function collectReply(reply: Promise<Reply>): Promise<Completion> {
  return collect(await reply);
}

describe("usage that the provider has told before the end holds", () => {
  const told: Usage = { inputTokens: 5000, outputTokens: 1, cachedInputTokens: 4000 };
  const begun: Part[] = [{ type: "text", text: "12345678" }];
  const fails = async (error: HeadgateError, parts: Part[] = []): Promise<Usage | undefined> => {
    const { run, call } = setup([[...parts, error]], {}, told);
    await expect(collectReply(run())).rejects.toBe(error);
    return call.notes.attempts[0]?.usage;
  };

  test("for a stream that its reader leaves, with what came since then", async () => {
    const { run, call } = setup([begun], {}, told);
    await (await run()).parts[Symbol.asyncIterator]().return?.();
    expect(call.notes.attempts[0]?.usage).toEqual({ ...told, outputTokens: 2, isEstimated: true });
  });

  test("for a stream that fails midway", async () => {
    const cut = new HeadgateError("stream_cut");
    expect(await fails(cut, begun)).toEqual({ ...told, outputTokens: 2, isEstimated: true });
  });

  test("for a client that leaves before the first word, but not for a provider that fails before it", async () => {
    expect(await fails(new HeadgateError("request_cancelled"))).toEqual({ ...told, isEstimated: true });
    expect(await fails(new HeadgateError("provider_rejected"))).toBeUndefined();
  });
});

test("the wait doubles up to its cap, with full jitter", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 60].map((retry) => computeBackoffMs(retry, { random: () => 1 }));
  expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  expect(computeBackoffMs(3, { random: () => 0 })).toBe(0);
  expect(computeBackoffMs(3, { random: () => 0.25 })).toBe(500);
});

test("no error is retried that the catalogue calls final", () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  const retried = codes.filter((code) => decide(code) === "retry");
  expect(retried.every((code) => errorCatalogue[code].retryable)).toBe(true);
  expect(retried).toEqual([
    "provider_rate_limited",
    "provider_overloaded",
    "provider_unavailable",
    "provider_protocol",
    "stream_cut",
  ]);
});
