import type { AttemptNote, Call, Target } from "../../call.ts";
import type { Completion, FinishReason, Part, Reply, Usage } from "../../reply.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Next } from "../stage.ts";
import { askProvider } from "./ask-provider.ts";
import { computeBackoffMs } from "./backoff.ts";
import { estimateUsage, OutputCounter } from "./estimate-usage.ts";
import { shouldRetry } from "./should-retry.ts";

export interface CallModelOptions {
  /** By the target's provider name. @throws HeadgateError if there is none */
  readonly findProvider: (name: string, call: Call) => Provider;
  readonly clock: Clock;
}

/** Retries in one request, all its model calls together: three attempts for a request that makes one call. */
const maxRetries = 2;

/** A provider that asks for a longer wait than this is asked again after it all the same. */
const maxRetryAfterMs = 30_000;

/**
 * The innermost step: asks the model, retrying failures of the transport until the first part of an answer is passed on.
 * Every model call leaves one note, before its `finish` is passed on.
 */
export function callModel({ findProvider, clock }: CallModelOptions): Next {
  return async (call) => {
    const { target } = call;
    if (!target) throw new Error("No stage has chosen a target.");
    const provider = findProvider(target.provider, call);
    let reason = call.notes.nextReason;
    call.notes.nextReason = "first";
    for (;;) {
      const attempt = new Attempt({ call, target, clock, reason });
      try {
        return await attempt.run(provider);
      } catch (thrown) {
        const error = HeadgateError.from(thrown);
        attempt.fail(error);
        await waitForRetry(call, error, clock);
        reason = "retry";
      }
    }
  };
}

/** Resolves when the call may be made again; otherwise rejects with what it failed with. */
async function waitForRetry(call: Call, error: HeadgateError, clock: Clock): Promise<void> {
  const { notes, signal, deadlineMs } = call;
  const retries = notes.attempts.reduce((count, { reason }) => (reason === "retry" ? count + 1 : count), 0);
  if (!shouldRetry(error.code) || retries >= maxRetries || signal.aborted) throw error;
  const askedMs = error.retryAfterMs === undefined ? 0 : Math.min(error.retryAfterMs, maxRetryAfterMs);
  const waitMs = Math.max(askedMs, computeBackoffMs(retries + 1, clock));
  if (clock.now() + waitMs >= deadlineMs) throw error;
  await clock.sleep(waitMs, signal);
}

interface AttemptOptions {
  readonly call: Call;
  readonly target: Target;
  readonly clock: Clock;
  readonly reason: AttemptNote["reason"];
}

/** One model call and its note. */
class Attempt {
  readonly #call: Call;
  readonly #target: Target;
  readonly #clock: Clock;
  readonly #reason: AttemptNote["reason"];
  readonly #startedAtMs: number;
  #isNoted = false;
  #usage: Usage | undefined;
  /** Set once the model has begun to answer. */
  #output: OutputCounter | undefined;

  constructor({ call, target, clock, reason }: AttemptOptions) {
    this.#call = call;
    this.#target = target;
    this.#clock = clock;
    this.#reason = reason;
    this.#startedAtMs = clock.now();
  }

  async run(provider: Provider): Promise<Reply> {
    const reply = await askProvider(provider, this.#call, this.#target);
    if (reply.whole) {
      this.#finish(reply.whole);
      return reply;
    }
    const source = reply.parts[Symbol.asyncIterator]();
    const first = await source.next();
    if (first.done) throw new HeadgateError("stream_cut");
    return { parts: this.#passOn(source, first.value) };
  }

  fail(error: HeadgateError): void {
    this.#note({ errorCode: error.code });
  }

  #finish(completion: Completion): void {
    this.#call.notes.firstPartAtMs ??= this.#clock.now();
    this.#usage = completion.usage;
    // Moderation and counting are free; embeddings cost their input.
    const isFree = completion.result !== undefined && completion.result.type !== "embed";
    if (!this.#usage && !isFree) (this.#output = new OutputCounter()).addWhole(completion);
    this.#note({ finishReason: completion.finishReason });
  }

  /** Not a generator: `return` has to be noticed before the first `next` too. */
  #passOn(source: AsyncIterator<Part>, first: Part): AsyncIterable<Part> {
    let head: Part | undefined = first;
    this.#see(first);
    const iterator: AsyncIterator<Part> = {
      next: async () => {
        if (head) {
          const value = head;
          head = undefined;
          return { done: false, value };
        }
        try {
          const step = await source.next();
          if (!step.done) this.#see(step.value);
          else if (!this.#isNoted) throw new HeadgateError("stream_cut");
          return step;
        } catch (error) {
          this.fail(HeadgateError.from(error));
          throw error;
        }
      },
      return: async () => {
        this.#leave();
        await source.return?.();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** Whoever reads may have enough, as of an answer that is too long: that is no failure of the model call. */
  #leave(): void {
    const { signal } = this.#call;
    if (!signal.aborted) this.#note({});
    else this.fail(HeadgateError.is(signal.reason) ? signal.reason : new HeadgateError("request_cancelled"));
  }

  #see(part: Part): void {
    this.#call.notes.firstPartAtMs ??= this.#clock.now();
    (this.#output ??= new OutputCounter()).add(part);
    if (part.type === "usage") this.#usage = part.usage;
    else if (part.type === "finish") this.#note({ finishReason: part.reason });
  }

  #note(end: { readonly finishReason?: FinishReason; readonly errorCode?: HeadgateError["code"] }): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { provider, model, tier } = this.#target;
    const usage = this.#usage ?? (this.#output && estimateUsage(this.#call, this.#output));
    this.#call.notes.attempts.push({
      provider,
      model,
      ...(tier === undefined ? {} : { tier }),
      reason: this.#reason,
      durationMs: this.#clock.now() - this.#startedAtMs,
      ...(usage ? { usage } : {}),
      ...end,
    });
  }
}
