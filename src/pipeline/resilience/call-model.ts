import type { AttemptNote, Call, Target } from "../../call.ts";
import { wholeReply, type Completion, type FinishReason, type Part, type Reply, type Usage } from "../../reply.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError, type ErrorCode } from "../../errors.ts";
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
 * Every model call leaves one note, before its `finish` is passed on; a request that no provider can be told leaves none.
 */
export function callModel({ findProvider, clock }: CallModelOptions): Next {
  return async (call) => {
    const { route } = call;
    const deployment = route?.candidates[0]?.deployments[0];
    if (!route || !deployment) throw new Error("No stage has chosen a route.");
    const target = { ...deployment, tier: route.tier, rule: route.rule };
    const provider = findProvider(target.provider, call);
    let reason: AttemptNote["reason"] = call.notes.nextReason;
    call.notes.nextReason = "first";
    for (;;) {
      const attempt = new Attempt({ call, target, clock, reason });
      try {
        return await attempt.run(provider);
      } catch (thrown) {
        const error = HeadgateError.from(thrown);
        // Nobody was asked then.
        if (error.code !== "not_translatable") attempt.fail(error);
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
  readonly #warnings: string[] = [];
  #told: Reply["usageSoFar"];
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
    const reply = await askProvider(provider, this.#call, this.#target, (warning) => this.#warn(warning));
    if (reply.whole) {
      const completion = this.#finish(reply.whole);
      return completion === reply.whole ? reply : wholeReply(completion);
    }
    this.#told = reply.usageSoFar;
    const source = reply.parts[Symbol.asyncIterator]();
    const first = await source.next();
    if (first.done) throw new HeadgateError("stream_cut");
    return { parts: this.#passOn(source, first.value) };
  }

  fail(error: HeadgateError): void {
    this.#note({ errorCode: error.code });
  }

  #warn(warning: string): void {
    const { providerWarnings } = this.#call.notes;
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
    if (!providerWarnings.includes(warning)) providerWarnings.push(warning);
  }

  #finish(completion: Completion): Completion {
    this.#call.notes.firstPartAtMs ??= this.#clock.now();
    this.#usage = completion.usage;
    // Moderation and counting are free; embeddings cost their input.
    const isFree = completion.result !== undefined && completion.result.type !== "embed";
    if (!this.#usage && !isFree) {
      (this.#output = new OutputCounter()).addWhole(completion);
      this.#usage = this.#estimate(this.#output);
    }
    this.#note({ finishReason: completion.finishReason });
    return completion.usage === this.#usage ? completion : { ...completion, usage: this.#usage };
  }

  #estimate(output: OutputCounter): Usage {
    this.#warn("The provider reported no usage: tokens are estimated.");
    return estimateUsage(this.#call, output);
  }

  /** Not a generator: `return` has to be noticed before the first `next` too. */
  #passOn(source: AsyncIterator<Part>, first: Part): AsyncIterable<Part> {
    const waiting = this.#see(first);
    const iterator: AsyncIterator<Part> = {
      next: async () => {
        const value = waiting.shift();
        if (value) return { done: false, value };
        try {
          const step = await source.next();
          if (step.done) {
            if (!this.#isNoted) throw new HeadgateError("stream_cut");
            return step;
          }
          if (step.value.type !== "finish" || this.#usage) {
            this.#see(step.value);
            return step;
          }
          waiting.push(...this.#see(step.value));
          return { done: false, value: waiting.shift()! };
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

  /** The part, and before a finish the usage that the provider has not told. */
  #see(part: Part): Part[] {
    this.#call.notes.firstPartAtMs ??= this.#clock.now();
    this.#output ??= new OutputCounter();
    this.#output.add(part);
    if (part.type === "usage") this.#usage = part.usage;
    if (part.type !== "finish") return [part];
    const parts: Part[] = this.#usage ? [part] : [{ type: "usage", usage: this.#estimate(this.#output) }, part];
    if (parts[0]?.type === "usage") this.#usage = parts[0].usage;
    this.#note({ finishReason: part.reason });
    return parts;
  }

  /** Of an answer that did not come to its end: what the vendor told holds, and what came since then is counted. */
  #usageAtEnd(errorCode: ErrorCode | undefined): Usage | undefined {
    const estimated = this.#output && estimateUsage(this.#call, this.#output);
    // A vendor that fails before the first word bills nothing; a client that leaves before it has begun the work.
    const hasBegun = estimated !== undefined || errorCode === "request_cancelled" || errorCode === "deadline_exceeded";
    const told = hasBegun ? this.#told?.() : undefined;
    if (!told) return estimated;
    return { ...told, outputTokens: Math.max(told.outputTokens, estimated?.outputTokens ?? 0), isEstimated: true };
  }

  #note(end: { readonly finishReason?: FinishReason; readonly errorCode?: ErrorCode }): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { provider, model, tier } = this.#target;
    const usage = this.#usage ?? this.#usageAtEnd(end.errorCode);
    this.#call.notes.attempts.push({
      provider,
      model,
      ...(tier === undefined ? {} : { tier }),
      reason: this.#reason,
      durationMs: this.#clock.now() - this.#startedAtMs,
      ...(usage ? { usage } : {}),
      ...(this.#warnings.length > 0 ? { warnings: this.#warnings } : {}),
      ...end,
    });
  }
}
