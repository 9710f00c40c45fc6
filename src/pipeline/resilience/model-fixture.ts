import { deepEqual, equal } from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { afterEach } from "vitest";
import type { Call, CallNotes } from "../../call.ts";
import { defaultResilience } from "../../endpoint/default-resilience.ts";
import type { LoadedEndpoint, ModelEntry, Resilience } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider, ProviderContext } from "../../providers/provider.ts";
import { wholeReply, type Completion, type Part, type Reply, type Usage } from "../../reply.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { callModel, type CallModelOptions } from "./call-model.ts";
import { HealthBoard } from "./health/health-board.ts";

/** Time that passes before what follows in a script. */
export interface Wait {
  readonly type: "wait";
  readonly ms: number;
}

export type Step = Part | HeadgateError | Wait;

/** A whole answer, a stream, or a failure; `head`: it comes only after a while. */
export type FixedAnswer =
  | HeadgateError
  | Completion
  | readonly Step[]
  | { readonly type: "head"; readonly afterMs: number; readonly answer: FixedAnswer };

/** A function answers what it is asked. */
export type Answer = FixedAnswer | ((request: ModelRequest) => FixedAnswer);

/** One request that a provider was asked. */
export interface Asked {
  /** `provider/model`. */
  readonly at: string;
  readonly request: ModelRequest;
  readonly atMs: number;
  readonly deadlineMs: number;
  /** Of a stream: it came to its end, failed, or was left. */
  isClosed: boolean;
  isLeft: boolean;
}

/** What a client sees of an answer, error or not. */
export interface Seen {
  readonly whole?: Completion;
  readonly parts: readonly Part[];
  /** All text that was not taken back. */
  readonly text: string;
  readonly error?: HeadgateError;
}

export interface WorldOptions {
  /** What each provider answers, in order. */
  readonly script: Readonly<Record<string, readonly Answer[]>>;
  /** Models in order of preference, each with its deployments as `provider/model`. @default one, at each provider of the script */
  readonly models?: Readonly<Record<string, readonly string[]>>;
  readonly call?: Partial<Call>;
  readonly resilience?: Partial<Resilience>;
  readonly provider?: Partial<Provider>;
  /** What a stream has told of usage before its end. */
  readonly told?: Usage;
  readonly options?: Partial<CallModelOptions>;
}

export const usage: Usage = { inputTokens: 3, outputTokens: 2 };
export const whole: Completion = { text: "x", toolCalls: [], finishReason: "stop", usage };
export const finish: Part = { type: "finish", reason: "stop" };
export const streamed: readonly Part[] = [say("x"), { type: "usage", usage }, finish];
/** Never answers. */
export const silence: FixedAnswer = { type: "head", afterMs: Number.POSITIVE_INFINITY, answer: whole };

export function say(text: string): Part {
  return { type: "text", text };
}

export function relay(text: string): Part {
  return { type: "raw", bytes: Buffer.from(`data: ${text}\n\n`), says: text === "" ? [] : [say(text)] };
}

export function wait(ms: number): Wait {
  return { type: "wait", ms };
}

export function late(afterMs: number, answer: FixedAnswer): FixedAnswer {
  return { type: "head", afterMs, answer };
}

export function failed(code: HeadgateError["code"], retryAfterMs?: number): HeadgateError {
  return new HeadgateError(code, { retryAfterMs });
}

const worlds = new Set<World>();

// Whatever a test is about: no place is kept, no timer runs on, and no stream stays open.
afterEach(() => {
  try {
    for (const world of worlds) world.expectNothingLeft();
  } finally {
    worlds.clear();
  }
});

/** Scripted providers, the stage that asks them, and a clock that moves when everything waits. */
export class World {
  readonly clock: ManualClock;
  readonly board: HealthBoard;
  readonly call: Call;
  readonly asked: Asked[] = [];
  /** How long each wait for another attempt was, in milliseconds. */
  readonly sleeps: number[] = [];
  readonly #dues = new Set<number>();
  readonly #script: Map<string, Answer[]>;
  readonly #next: ReturnType<typeof callModel>;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#script = new Map(Object.entries(options.script).map(([name, answers]) => [name, [...answers]]));
    const clock = createManualClock();
    this.clock = {
      ...clock,
      get waiting() {
        return clock.waiting;
      },
      after: (ms, callback) => {
        this.#dues.add(clock.now() + ms);
        return clock.after(ms, callback);
      },
      sleep: (ms, signal) => {
        this.sleeps.push(ms);
        return this.#sleep(clock, ms, signal);
      },
    };
    this.board = new HealthBoard({ clock });
    const providers = new Map([...this.#script.keys()].map((name) => [name, this.#createProvider(name, clock)]));
    this.call = this.#createCall(options);
    this.#next = callModel({
      findProvider: (name) => providers.get(name)!,
      clock: this.clock,
      board: this.board,
      priceOf: () => 0,
      mayAskMore: async () => true,
      estimatePrompt: () => 3,
      findContextWindow: async () => undefined,
      ...options.options,
    });
    worlds.add(this);
  }

  get notes(): CallNotes {
    return this.call.notes;
  }

  /** The attempts as `reason provider/model: how it ended`. */
  get log(): readonly string[] {
    return this.notes.attempts.map(
      ({ provider, model, reason, errorCode, finishReason }) =>
        `${reason} ${provider}/${model}: ${errorCode ?? finishReason ?? "left"}`,
    );
  }

  /** Where was asked, in order. */
  get places(): readonly string[] {
    return this.asked.map(({ at }) => at);
  }

  /** Another request for the same, with notes of its own. */
  another(overrides: Partial<Call> = {}): Call {
    return { ...this.call, notes: createNotes(), ...overrides };
  }

  /** Time passes until the reply is there. */
  run(call: Call = this.call): Promise<Reply> {
    return this.pass(this.#next(call));
  }

  /** Without time: for a test that moves the clock. */
  start(call: Call = this.call): Promise<Reply> {
    return this.#next(call);
  }

  /** All of the answer, as its client sees it. */
  async read(call: Call = this.call): Promise<Seen> {
    const parts: Part[] = [];
    try {
      const { whole: completion, parts: stream } = await this.run(call);
      if (completion) return { whole: completion, parts, text: completion.text };
      const iterator = stream[Symbol.asyncIterator]();
      for (;;) {
        const step = await this.pass(iterator.next());
        if (step.done === true) return { parts, text: toText(parts) };
        parts.push(step.value);
      }
    } catch (error) {
      return { parts, text: toText(parts), error: HeadgateError.from(error) };
    }
  }

  /** Moves the clock on, from one thing that waits to the next, until the promise is settled. */
  async pass<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (;;) {
      await setImmediate();
      if (isSettled) return promise;
      const now = this.clock.now();
      const due = Math.min(...[...this.#dues].filter((dueMs) => dueMs >= now));
      if (!Number.isFinite(due)) throw new Error("Nothing waits, and nothing comes.");
      this.#dues.delete(due);
      this.clock.advance(due - now);
    }
  }

  /** Without time: until what happens at once has led to it. */
  async until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; !isSo(); turn++) {
      if (turn > 1000) throw new Error("It does not come to that.");
      await setImmediate();
    }
  }

  expectNothingLeft(): void {
    const now = this.clock.now();
    for (const { provider, model, inFlight, state, benchedUntilMs } of this.board.list(now)) {
      const hasProbe =
        state === "half-open" &&
        benchedUntilMs === undefined &&
        this.board.of({ provider, model }).breaker.peek(now) === "no";
      deepEqual({ provider, model, inFlight, hasProbe }, { provider, model, inFlight: 0, hasProbe: false });
    }
    equal(this.clock.waiting, 0, "Something waits still.");
    const open = this.asked.filter(({ isClosed }) => !isClosed);
    deepEqual(open, [], "A stream is open still.");
  }

  /** It has been looked at, and others follow in the same test. */
  forget(): void {
    worlds.delete(this);
  }

  #sleep(clock: ManualClock, ms: number, signal?: AbortSignal): Promise<void> {
    this.#dues.add(clock.now() + ms);
    return clock.sleep(ms, signal);
  }

  #createProvider(name: string, clock: ManualClock): Provider {
    const pause = async (ms: number, { signal, deadlineMs }: ProviderContext): Promise<void> => {
      const leftMs = deadlineMs - clock.now();
      await this.#sleep(clock, Math.min(ms, leftMs), signal);
      if (ms >= leftMs) throw new HeadgateError("deadline_exceeded");
    };
    return {
      name,
      hasSchemaMode: true,
      dialects: ["openai-chat"],
      generate: async (request, context) => {
        const { deadlineMs } = context;
        const at = `${name}/${request.model}`;
        const asked: Asked = { at, request, atMs: clock.now(), deadlineMs, isClosed: true, isLeft: false };
        this.asked.push(asked);
        const given = this.#script.get(name)!.shift();
        let answer = typeof given === "function" ? given(request) : given;
        while (answer && "type" in answer) {
          await pause(answer.afterMs, context);
          ({ answer } = answer);
        }
        if (answer === undefined) throw new Error("Nothing is left to answer with.");
        if (answer instanceof HeadgateError) throw answer;
        if ("text" in answer) return wholeReply(answer);
        const { told } = this.#options;
        const parts = play(answer, asked, (ms) => pause(ms, context));
        return { parts, usageSoFar: () => told };
      },
      close: () => Promise.resolve(),
      ...this.#options.provider,
    };
  }

  #createCall({ models, script, call, resilience }: WorldOptions): Call {
    const startedAtMs = this.clock.now();
    return {
      requestId: "r",
      startedAtMs,
      deadlineMs: startedAtMs + 60_000,
      signal: new AbortController().signal,
      tenant: "t",
      snapshot: {
        id: "s",
        endpoints: new Map(),
        providers: new Map(),
        models: new Map(),
        tiers: new Map(),
        resilience: { ...defaultResilience, ...resilience },
      },
      messages: [{ role: "user", content: "Hi" }],
      settings: { temperature: 0 },
      route: {
        candidates: Object.entries(models ?? { m: Object.keys(script).map((name) => `${name}/m`) }).map(toModel),
        tier: "fast",
        rule: "default",
      },
      stream: false,
      notes: createNotes(),
      ...call,
    };
  }
}

/** An endpoint, as far as it matters here: its client can be told to start anew. */
export const endpoint = { name: "e" } as LoadedEndpoint;

function createNotes(): CallNotes {
  return { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] };
}

/** The weights make the first of those that are left the one that is drawn. */
function toModel([name, places]: [string, readonly string[]]): ModelEntry {
  const deployments = places.map((place, index) => {
    const [provider = "", model = ""] = place.split("/");
    return { provider, model, weight: 3 ** (places.length - index) };
  });
  return { name, deployments };
}

function play(steps: readonly Step[], asked: Asked, pause: (ms: number) => Promise<void>): AsyncIterable<Part> {
  asked.isClosed = false;
  const generator = (async function* generate(): AsyncGenerator<Part, undefined> {
    try {
      for (const step of steps) {
        if (step instanceof HeadgateError) throw step;
        if (step.type === "wait") await pause(step.ms);
        else yield step;
      }
      return undefined;
    } finally {
      asked.isClosed = true;
    }
  })();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => generator.next(),
      return: () => {
        asked.isClosed = true;
        asked.isLeft = true;
        return generator.return(undefined);
      },
    }),
  };
}

function toText(parts: readonly Part[]): string {
  let text = "";
  for (const part of parts) {
    if (part.type === "reset") text = "";
    else if (part.type === "text") text += part.text;
    else if (part.type === "raw") text += toText(part.says);
  }
  return text;
}
