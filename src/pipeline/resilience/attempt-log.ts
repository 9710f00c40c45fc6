import type { AttemptNote, AttemptReason, Call, Target } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError, type ErrorCode } from "../../errors.ts";
import type { Completion, FinishReason, Part, Usage } from "../../reply.ts";
import { estimateUsage, OutputCounter } from "./estimate-usage.ts";

/** It was we who ended the model call. */
const leftWith: ReadonlySet<ErrorCode> = new Set(["request_cancelled", "deadline_exceeded", "provider_silent"]);

export interface AttemptLogOptions {
  readonly call: Call;
  readonly target: Target;
  readonly reason: AttemptReason;
  readonly clock: Clock;
  /** About how many input tokens the call has: for what the provider does not tell. */
  readonly estimatePrompt: (call: Call) => number;
  /** Told of the note, once. */
  readonly onNote?: (note: AttemptNote, call: Call) => void;
}

/** Hears of one model call what its note has to say, and writes it once. */
export class AttemptLog {
  readonly #call: Call;
  readonly #target: Target;
  readonly #reason: AttemptReason;
  readonly #clock: Clock;
  readonly #estimatePrompt: AttemptLogOptions["estimatePrompt"];
  readonly #onNote: AttemptLogOptions["onNote"];
  readonly #startedAtMs: number;
  #warnings: string[] | undefined;
  #isNoted = false;
  #usage: Usage | undefined;
  #told: (() => Usage | undefined) | undefined;
  /** Set once the model has begun to answer. */
  #output: OutputCounter | undefined;

  constructor({ call, target, reason, clock, estimatePrompt, onNote }: AttemptLogOptions) {
    this.#call = call;
    this.#target = target;
    this.#reason = reason;
    this.#clock = clock;
    this.#estimatePrompt = estimatePrompt;
    this.#onNote = onNote;
    this.#startedAtMs = clock.now();
  }

  /** As billed, or estimated once the note is written; undefined where nothing is owed. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  warn(warning: string): void {
    const { providerWarnings } = this.#call.notes;
    this.#warnings ??= [];
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
    if (!providerWarnings.includes(warning)) providerWarnings.push(warning);
  }

  /** The provider answers in a stream. @param told what it has told of usage until now */
  begin(told: (() => Usage | undefined) | undefined): void {
    this.#told = told;
  }

  see(part: Part): void {
    if (part.type === "usage") this.#usage = part.usage;
    this.#output ??= new OutputCounter();
    this.#output.add(part);
  }

  /** The usage that a stream which ends well has not told: estimated, with a warning. */
  completeUsage(): Usage | undefined {
    if (this.#usage) return undefined;
    this.#usage = this.#estimate(this.#output ?? new OutputCounter());
    return this.#usage;
  }

  /** Notes a whole answer, and gives it the usage that it lacks. */
  finishWhole(completion: Completion): Completion {
    this.#usage = completion.usage;
    // Moderation and counting are free; embeddings cost their input.
    const isFree = completion.result !== undefined && completion.result.type !== "embed";
    if (!this.#usage && !isFree) {
      const output = new OutputCounter();
      output.addWhole(completion);
      this.#usage = this.#estimate(output);
    }
    this.note({ finishReason: completion.finishReason });
    return completion.usage === this.#usage ? completion : { ...completion, usage: this.#usage };
  }

  /** Whoever reads may have enough, as of an answer that is too long: that is no failure of the model call. */
  leave(): void {
    const { signal } = this.#call;
    if (!signal.aborted) this.note({});
    else this.note({ errorCode: HeadgateError.is(signal.reason) ? signal.reason.code : "request_cancelled" });
  }

  note(end: { readonly finishReason?: FinishReason; readonly errorCode?: ErrorCode }): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const { provider, model, tier } = this.#target;
    this.#usage ??= this.#usageAtEnd(end.errorCode);
    this.#warnOfExcess();
    const note: AttemptNote = {
      provider,
      model,
      ...(tier === undefined ? {} : { tier }),
      reason: this.#reason,
      durationMs: this.#clock.now() - this.#startedAtMs,
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(this.#warnings ? { warnings: this.#warnings } : {}),
      ...end,
    };
    this.#call.notes.attempts.push(note);
    this.#onNote?.(note, this.#call);
  }

  /** What was answered is not taken back, but whoever set a strict limit is to know. */
  #warnOfExcess(): void {
    const { endpoint, settings } = this.#call;
    const { maxOutputTokens: most = Infinity } = settings;
    const { outputTokens = 0, isEstimated } = this.#usage ?? {};
    if (!endpoint?.limits || isEstimated === true || outputTokens <= most) return;
    this.warn(`The provider answered with ${outputTokens} tokens where at most ${most} were asked for.`);
  }

  #estimate(output: OutputCounter): Usage {
    this.warn("The provider reported no usage: tokens are estimated.");
    return estimateUsage(this.#estimatePrompt(this.#call), output);
  }

  /** Of an answer that did not come to its end: what the vendor told holds, and what came since then is counted. */
  #usageAtEnd(errorCode: ErrorCode | undefined): Usage | undefined {
    const estimated = this.#output && estimateUsage(this.#estimatePrompt(this.#call), this.#output);
    // A vendor that fails before the first word bills nothing; one that is left before it has begun the work.
    const isLeft = errorCode !== undefined && leftWith.has(errorCode);
    const told = estimated !== undefined || isLeft ? this.#told?.() : undefined;
    if (!told) return estimated;
    return { ...told, outputTokens: Math.max(told.outputTokens, estimated?.outputTokens ?? 0), isEstimated: true };
  }
}
