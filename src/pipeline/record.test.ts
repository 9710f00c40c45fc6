import { describe, expect, test } from "vitest";
import { defaultResilience } from "../endpoint/default-resilience.ts";
import { collect, wholeReply } from "../reply.ts";
import type { Call } from "../call.ts";
import type { Part, Reply } from "../reply.ts";
import { HeadgateError } from "../errors.ts";
import { createRequestId } from "../ids.ts";
import type { CallRecord } from "../store/store.ts";
import { createManualClock } from "../testing/manual-clock.ts";
import { record } from "./record.ts";
import type { RecordOptions } from "./record.ts";
import type { Next } from "./stage.ts";

const clock = createManualClock();

function createCall(stream: boolean, fields: Partial<Call> = {}): Call {
  return {
    requestId: createRequestId(0),
    startedAtMs: clock.now(),
    deadlineMs: clock.now() + 1000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot: {
      id: "s1",
      endpoints: new Map(),
      providers: new Map(),
      models: new Map(),
      tiers: new Map(),
      resilience: defaultResilience,
    },
    messages: [],
    settings: {},
    stream,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
    ...fields,
  };
}

interface Setup {
  /** What was written and what was passed on, in order. */
  readonly log: string[];
  readonly rows: CallRecord[];
  readonly run: (next: Next, stream?: boolean, fields?: Partial<Call>) => Promise<Reply>;
}

function setup(
  append: (row: CallRecord) => Promise<void> = async () => {},
  priceOf: RecordOptions["priceOf"] = () => 0,
): Setup {
  const log: string[] = [];
  const rows: CallRecord[] = [];
  const stage = record({
    clock,
    settle: (_call, row) => void log.push(`settle ${row.status}`),
    onRecord: () => {},
    priceOf,
    journal: {
      append: async (row) => {
        await append(row);
        rows.push(row);
        log.push(`record ${row.status}`);
      },
    },
  });
  return { log, rows, run: (next, stream = false, fields = {}) => stage(createCall(stream, fields), next) };
}

async function* parts(...list: readonly (Part | Error)[]): AsyncGenerator<Part> {
  for (const part of list) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function read({ log, run }: Setup, next: Next, most = Number.POSITIVE_INFINITY): Promise<void> {
  const reply = await run(next, true);
  let count = 0;
  for await (const part of reply.parts) {
    log.push(part.type);
    if (++count >= most) break;
  }
}

const text: Part = { type: "text", text: "Hello." };
const finish: Part = { type: "finish", reason: "stop" };

describe("a whole answer", () => {
  test("is recorded before it is handed on", async () => {
    const { run, rows } = setup();
    await run(async () => wholeReply({ text: "Hello.", toolCalls: [], finishReason: "stop" }));
    expect(rows).toMatchObject([{ status: "ok", finishReason: "stop", surface: "chat", attempts: 0 }]);
  });

  test.each([
    ["chat", { foreign: { dialect: "openai-chat", body: {} } }],
    ["responses", { foreign: { dialect: "openai-responses", body: {} } }],
    ["messages", { foreign: { dialect: "anthropic-messages", body: {} } }],
    ["count-tokens", { foreign: { dialect: "anthropic-messages", body: {} }, task: { type: "count-tokens" } }],
    ["embeddings", { foreign: { dialect: "openai-embeddings", body: {} }, task: { type: "embed", inputs: [] } }],
    ["moderations", { foreign: { dialect: "openai-moderations", body: {} }, task: { type: "moderate", inputs: [] } }],
    ["endpoint", { endpoint: { name: "summarize", contract: 1 } as Call["endpoint"] }],
  ] as const)("is recorded as one of %s", async (surface, fields) => {
    const { run, rows } = setup();
    await run(async () => wholeReply({ text: "", toolCalls: [], finishReason: "stop" }), false, fields);
    expect(rows).toMatchObject([{ surface }]);
  });

  test("is withheld when it cannot be recorded", async () => {
    const { run } = setup(() => Promise.reject(new HeadgateError("store_unavailable")));
    const next: Next = async () => wholeReply({ text: "Hello.", toolCalls: [], finishReason: "stop" });
    await expect(run(next)).rejects.toMatchObject({ code: "store_unavailable" });
  });

  test("sums the usage of all its model calls", async () => {
    const { run, rows } = setup();
    await run(async (call) => {
      for (const [inputTokens, outputTokens] of [
        [10, 2],
        [30, 4],
      ] as const) {
        const usage = { inputTokens, outputTokens, cachedInputTokens: 5, cacheWriteTokens: 3 };
        call.notes.attempts.push({ provider: "p", model: "m", reason: "first", durationMs: 1, usage });
      }
      return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
    });
    expect(rows).toMatchObject([
      { attempts: 2, inputTokens: 40, outputTokens: 6, cachedInputTokens: 10, cacheWriteTokens: 6 },
    ]);
  });
});

describe("the cost of a call", () => {
  const priceOf: RecordOptions["priceOf"] = ({ model, usage }) => {
    if (model === "unknown") return null;
    const cost = (usage?.inputTokens ?? 0) * 2;
    return model === "later" ? Promise.resolve(cost) : cost;
  };
  const costOf = async (models: readonly string[]): Promise<number | null | undefined> => {
    const { run, rows } = setup(undefined, priceOf);
    await run(async ({ notes }) => {
      for (const model of models) {
        const isFailed = model === "failed";
        notes.attempts.push({
          provider: "p",
          model,
          reason: "first",
          durationMs: 1,
          ...(isFailed ? { errorCode: "provider_unavailable" } : { usage: { inputTokens: 10, outputTokens: 2 } }),
        });
      }
      return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
    });
    return rows[0]?.costMicroUsd;
  };

  test("is the sum over its model calls, of which those that failed without usage cost nothing", async () => {
    expect(await costOf(["known", "failed", "later"])).toBe(40);
    expect(await costOf(["failed"])).toBe(0);
  });

  test("is unknown as soon as one price is", async () => {
    expect(await costOf(["known", "unknown", "known"])).toBeNull();
  });
});

test("the one model call of a request is told in detail unless it finished", async () => {
  const { run, rows } = setup();
  const left = { provider: "p", model: "m", reason: "first", durationMs: 1 } as const;
  for (const note of [left, { ...left, finishReason: "stop" } as const]) {
    await run(async ({ notes }) => {
      notes.attempts.push(note);
      return wholeReply({ text: "", toolCalls: [], finishReason: "stop" });
    });
  }
  expect(rows.map(({ attemptDetails }) => attemptDetails)).toEqual([[left], undefined]);
});

describe("a failed call", () => {
  test("is recorded with its code and fails with its own error, even if the journal fails too", async () => {
    const failure = new HeadgateError("provider_unavailable");
    const good = setup();
    await expect(good.run(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(good.rows).toMatchObject([{ status: "error", errorCode: "provider_unavailable" }]);
    const broken = setup(() => Promise.reject(new HeadgateError("store_unavailable")));
    await expect(broken.run(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  test("is recorded as internal when it is a bug", async () => {
    const { run, rows } = setup();
    await expect(run(() => Promise.reject(new TypeError("x is not a function")))).rejects.toMatchObject({
      code: "internal",
    });
    expect(rows).toMatchObject([{ status: "error", errorCode: "internal" }]);
  });
});

describe("a stream", () => {
  test("is recorded before its finish is passed on, so that no client sees an end without a record", async () => {
    const stage = setup();
    await read(stage, async () => ({ parts: parts(text, finish, { type: "raw", bytes: new Uint8Array(), says: [] }) }));
    expect(stage.log).toEqual(["text", "settle ok", "record ok", "finish", "raw"]);
  });

  test("that fails is recorded once, with the failure", async () => {
    const stage = setup();
    const failure = new HeadgateError("stream_cut");
    await expect(read(stage, async () => ({ parts: parts(text, failure) }))).rejects.toBe(failure);
    expect(stage.log).toEqual(["text", "settle error", "record error"]);
    expect(stage.rows[0]?.errorCode).toBe("stream_cut");
  });

  test("that ends without a finish is an error, never a success", async () => {
    const stage = setup();
    await expect(read(stage, async () => ({ parts: parts(text) }))).rejects.toMatchObject({ code: "stream_cut" });
    expect(stage.rows).toMatchObject([{ status: "error", errorCode: "stream_cut" }]);
  });

  test("that its reader leaves is recorded as cancelled, also before the first part", async () => {
    const midway = setup();
    await read(midway, async () => ({ parts: parts(text, text, finish) }), 1);
    expect(midway.log).toEqual(["text", "settle cancelled", "record cancelled"]);
    const early = setup();
    const reply = await early.run(async () => ({ parts: parts(text, finish) }), true);
    await reply.parts[Symbol.asyncIterator]().return?.();
    expect(early.log).toEqual(["settle cancelled", "record cancelled"]);
  });

  test("adds up to a whole answer", async () => {
    const stage = setup();
    const reply = await stage.run(async () => ({ parts: parts(text, text, finish) }), true);
    expect(await collect(reply)).toMatchObject({ text: "Hello.Hello.", finishReason: "stop" });
  });
});

test.each([
  ["ends", async () => wholeReply({ text: "Hello.", toolCalls: [], finishReason: "stop" as const })],
  ["fails", () => Promise.reject(new HeadgateError("provider_unavailable"))],
])("a call that %s tells once what its model calls have used", async (_how, next: Next) => {
  const { run } = setup();
  const told: number[] = [];
  const attempt = { provider: "p", model: "m", reason: "first", durationMs: 1 } as const;
  const attempts = [
    { ...attempt, usage: { inputTokens: 100, outputTokens: 20 } },
    { ...attempt, usage: { inputTokens: 7, outputTokens: 3 } },
  ];
  const notes = { nextReason: "first" as const, attempts, rungs: [], warnings: [], providerWarnings: [] };
  await run(next, false, { notes, onUsed: (tokens) => told.push(tokens) }).catch(() => {});
  expect(told).toEqual([130]);
});
