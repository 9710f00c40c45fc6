import type { CacheControl, Call } from "../../call.ts";
import type { EndpointReuse } from "../../endpoint/snapshot.ts";
import type { Completion, Outcome, Part, Usage } from "../../reply.ts";
import type { AnswerStore, StoredAnswer } from "../../store/store.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { createEndpointCall } from "../../../test/fixtures/endpoint-call.ts";
import type { Next } from "../stage.ts";
import { createAnswerCache } from "./answer-cache.ts";
import { reuseReply, type SemanticIndex } from "./reuse-reply.ts";

export const usage: Usage = { inputTokens: 100, outputTokens: 20 };

/** What an endpoint's model answers: its number tells one execution from another. */
export function toOutcome(number: number): Outcome {
  return { status: "ok", output: { number, text: `Answer ${number}.` }, warnings: [] };
}

export function toWhole(number: number): Completion {
  return { text: "", toolCalls: [], finishReason: "stop", usage, outcome: toOutcome(number) };
}

export interface CallChanges extends Partial<Call> {
  readonly question?: string;
  readonly control?: CacheControl;
}

/** Answers in memory, as a store keeps them. Each statement waits for `gate`. */
export interface MemoryAnswers extends AnswerStore {
  readonly rows: Map<string, StoredAnswer>;
  gate: Promise<void>;
  reads: number;
}

export function createMemoryAnswers(): MemoryAnswers {
  const rows = new Map<string, StoredAnswer>();
  return {
    rows,
    gate: Promise.resolve(),
    reads: 0,
    async findAnswers(keys, nowMs) {
      this.reads++;
      await this.gate;
      return keys.map(({ tenant, key }) => {
        const row = rows.get(`${tenant} ${key}`);
        return row && row.expiresAtMs > nowMs ? row.body : undefined;
      });
    },
    listAnswerKeys: (limit) => Promise.resolve([...rows.values()].map(({ key }) => key).slice(0, limit)),
    async insertAnswers(added) {
      await this.gate;
      for (const row of added) rows.set(`${row.tenant} ${row.key}`, row);
    },
    dropExpiredAnswers: () => Promise.resolve(0),
  };
}

/** An execution that is under way: what it is told to do, it does. */
export class Execution {
  readonly call: Call;
  readonly number: number;
  /** The model's stream was closed before its end. */
  isClosed = false;
  readonly #queue: (Part | Error)[] = [];
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(call: Call, number: number) {
    this.call = call;
    this.number = number;
    call.signal.addEventListener("abort", () => this.say(call.signal.reason as Error));
  }

  say(...parts: readonly (Part | Error)[]): void {
    this.#queue.push(...parts);
    this.#wake.resolve();
  }

  /** All of a stream's answer that is missing. */
  finish(): void {
    this.say({ type: "usage", usage }, { type: "finish", reason: "stop", outcome: toOutcome(this.number) });
  }

  async *parts(): AsyncGenerator<Part> {
    let isOver = false;
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (!next) {
          this.#wake = Promise.withResolvers();
          await this.#wake.promise;
          continue;
        }
        if (next instanceof Error) {
          isOver = true;
          this.#note();
          throw next;
        }
        if (next.type === "finish") {
          isOver = true;
          this.#note();
        }
        yield next;
        if (next.type === "finish") return;
      }
    } finally {
      if (!isOver) {
        this.isClosed = true;
        this.#note();
      }
    }
  }

  // As call-model does, before the end is passed on.
  #note(): void {
    const { attempts, target } = this.call.notes;
    attempts.push({ provider: target!.provider, model: target!.model, reason: "first", durationMs: 1, usage });
  }
}

/** The stage with a model behind it that answers when it is told to. */
export class World {
  readonly clock = createManualClock();
  readonly executions: Execution[] = [];
  readonly store = createMemoryAnswers();
  readonly failures: unknown[] = [];
  readonly answers = createAnswerCache({
    store: this.store,
    clock: this.clock,
    isSole: false,
    onFailure: (error) => void this.failures.push(error),
  });
  /** Whole answers at once; else each waits for the test. */
  isQuick = false;
  #stage;

  constructor(semantic?: SemanticIndex) {
    this.#stage = reuseReply({ answers: this.answers, clock: this.clock, priceOf: () => 7, semantic });
  }

  readonly next: Next = async (call) => {
    const execution = new Execution(call, this.executions.length + 1);
    this.executions.push(execution);
    if (this.isQuick) execution.finish();
    const reply = { parts: execution.parts() };
    if (call.stream) return reply;
    for await (const part of reply.parts) if (part.type === "finish") return wholeOf(call, execution.number);
    throw new Error("It has no finish.");
  };

  createCall({ question = "What?", control, ...changes }: CallChanges = {}, reuse?: EndpointReuse): Call {
    const base = createEndpointCall({ value: {} });
    const nowMs = this.clock.now();
    return {
      ...base,
      endpoint: { ...base.endpoint!, reuse: reuse ?? { ttlSeconds: 60 } },
      startedAtMs: nowMs,
      deadlineMs: nowMs + 60_000,
      messages: [{ role: "user", content: question }],
      cacheControl: control,
      notes: { ...base.notes, target: { provider: "test", model: "small-1", rule: "route.use" } },
      ...changes,
    };
  }

  run(call: Call): ReturnType<Next> {
    return this.#stage(call, this.next);
  }
}

function wholeOf({ endpoint }: Call, number: number): ReturnType<Next> {
  const whole: Completion = { ...toWhole(number), ...(endpoint ? {} : { text: "Hi.", outcome: undefined }) };
  return Promise.resolve({ whole, parts: { [Symbol.asyncIterator]: () => never() } });
}

function never(): never {
  throw new Error("A whole answer is not read in parts here.");
}

/** Lets everything go on that waits for nothing else. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
