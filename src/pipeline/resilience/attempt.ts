import type { AttemptReason, Call, Target } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Provider, ProviderContext, ProviderLimits } from "../../providers/provider.ts";
import { wholeReply, type Completion, type Part, type Reply, type Usage } from "../../reply.ts";
import { askProvider } from "./ask-provider.ts";
import { AttemptLog, type AttemptLogOptions } from "./attempt-log.ts";
import { ContentTimer, type ContentLimits } from "./content-timer.ts";

/** Limits of one model call, in milliseconds. */
export interface AttemptLimits extends ContentLimits {
  readonly wholeAnswerMs: number;
}

/** How a model call ended. `left`: its reader had enough, or was gone. */
export type AttemptEnd =
  | { readonly type: "ok" }
  | { readonly type: "left" }
  | { readonly type: "failed"; readonly error: HeadgateError };

export interface AttemptOptions {
  readonly call: Call;
  readonly target: Target;
  readonly reason: AttemptReason;
  readonly provider: Provider;
  readonly limits: AttemptLimits;
  /** Content of a stream is held back until it has this many characters. */
  readonly holdBackChars: number;
  /** The answer is read into parts even where its bytes could be relayed. */
  readonly wantsParts?: boolean;
  readonly clock: Clock;
  /** Told of the call's note, once. */
  readonly estimatePrompt: AttemptLogOptions["estimatePrompt"];
  readonly onNote?: AttemptLogOptions["onNote"];
  readonly onContent: () => void;
  readonly onLimits: (limits: ProviderLimits) => void;
  /** Called once. */
  readonly onEnd: (end: AttemptEnd) => void;
}

/** A model call that has begun to answer. */
export interface Opened {
  readonly attempt: Attempt;
  /** Absent: it answers in a stream. */
  readonly whole?: Reply;
}

const finished: IteratorResult<Part> = { done: true, value: undefined };

/**
 * One model call: asks the provider, holds its limits, and notes how it went before its `finish` is passed on. A request
 * that no provider can be told leaves no note.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #log: AttemptLog;
  #source: AsyncIterator<Part> | undefined;
  #held: Part[] = [];
  #timer: ContentTimer | undefined;
  #controller: AbortController | undefined;
  #hasContent = false;
  #hasFinished = false;
  #isOver = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#log = new AttemptLog(options);
  }

  get target(): Target {
    return this.#options.target;
  }

  get usage(): Usage | undefined {
    return this.#log.usage;
  }

  /** Resolves once it has begun to answer. @throws HeadgateError why it has not */
  async open(): Promise<Opened> {
    const { call } = this.#options;
    if (call.stream) this.#startTimer();
    try {
      const reply = await this.#ask();
      if (reply.whole) return { attempt: this, whole: this.#finishWhole(reply, reply.whole) };
      this.#log.begin(reply.usageSoFar);
      this.#source = reply.parts[Symbol.asyncIterator]();
      await this.#hold(this.#source);
      if (!this.#isOver) return { attempt: this };
      // Cancelled in the moment in which it began.
      await this.#source.return?.();
      throw new HeadgateError("request_cancelled");
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  /** The next part of the stream. @throws HeadgateError what it broke with */
  async next(): Promise<IteratorResult<Part>> {
    const held = this.#held.shift();
    if (held) return this.#pass(held);
    if (this.#isOver || !this.#source) return finished;
    try {
      const step = await this.#pull(this.#source);
      if (step) return this.#pass(step);
    } catch (thrown) {
      // Nothing is missing once the answer had its finish.
      if (!this.#hasFinished) throw this.#fail(thrown);
    }
    this.#end({ type: "ok" });
    return finished;
  }

  /** Closes the provider's stream. */
  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#log.leave();
    this.#end(this.#hasFinished ? { type: "ok" } : { type: "left" });
    await this.#source?.return?.();
  }

  /** Ends the call before it has begun, and notes it at once: another has answered. */
  cancel(reason: HeadgateError): void {
    if (this.#isOver) return;
    this.#log.note({ errorCode: reason.code });
    this.#end({ type: "left" });
    this.#controller?.abort(reason);
  }

  /** The client is gone, or the deadline has passed. */
  handleEvent(): void {
    this.#controller?.abort(this.#options.call.signal.reason);
  }

  #startTimer(): void {
    const { clock, limits } = this.#options;
    this.allowCancel();
    this.#timer = new ContentTimer(clock, limits, () => {
      const code = this.#hasContent ? "stream_stalled" : "provider_silent";
      const ms = this.#hasContent ? limits.betweenContentMs : limits.firstTokenMs;
      const detail = `The provider ${this.target.provider} sent no content for ${ms} ms.`;
      this.#controller?.abort(new HeadgateError(code, { detail }));
    });
  }

  /** Without it only the call's own signal ends the attempt. */
  allowCancel(): void {
    if (this.#controller) return;
    const { signal } = this.#options.call;
    this.#controller = new AbortController();
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener("abort", this);
  }

  #ask(): Promise<Reply> {
    const { call, target, provider, limits, clock, wantsParts, onLimits } = this.#options;
    const signal = this.#controller?.signal ?? call.signal;
    const deadlineMs = call.stream ? call.deadlineMs : Math.min(call.deadlineMs, clock.now() + limits.wholeAnswerMs);
    const warn = (warning: string): void => this.#log.warn(warning);
    const context: ProviderContext = { signal, deadlineMs, warn, seeLimits: onLimits };
    return askProvider(provider, call, { model: target.model, wantsParts, context });
  }

  #finishWhole(reply: Reply, completion: Completion): Reply {
    this.#seeContent();
    const complete = this.#log.finishWhole(completion);
    this.#end({ type: "ok" });
    return complete === completion ? reply : wholeReply(complete);
  }

  async #hold(source: AsyncIterator<Part>): Promise<void> {
    const { holdBackChars } = this.#options;
    for (let chars = 0; ;) {
      const part = await this.#pull(source);
      if (!part) return;
      this.#held.push(part);
      chars += countChars(part);
      if (part.type === "finish" || (this.#hasContent && chars >= holdBackChars)) return;
    }
  }

  /** Undefined at the end of a complete answer. */
  async #pull(source: AsyncIterator<Part>): Promise<Part | undefined> {
    this.#timer?.resume();
    const step = await source.next();
    if (step.done) {
      if (!this.#hasFinished) throw new HeadgateError("stream_cut");
      return undefined;
    }
    const part = step.value;
    const isSaid = isContent(part);
    this.#timer?.pause(isSaid);
    this.#log.see(part);
    if (isSaid) this.#seeContent();
    if (part.type === "finish") {
      this.#hasFinished = true;
      this.#timer?.stop();
    }
    return part;
  }

  #seeContent(): void {
    if (this.#hasContent) return;
    this.#hasContent = true;
    const { call, clock, onContent } = this.#options;
    call.notes.firstPartAtMs ??= clock.now();
    onContent();
  }

  /** The part; before a finish the usage that the provider has not told. */
  #pass(part: Part): IteratorResult<Part> {
    if (part.type !== "finish") return { done: false, value: part };
    const usage = this.#log.completeUsage();
    if (usage) {
      this.#held.unshift(part);
      return { done: false, value: { type: "usage", usage } };
    }
    this.#log.note({ finishReason: part.reason });
    return { done: false, value: part };
  }

  #fail(thrown: unknown): HeadgateError {
    const { call, clock, target } = this.#options;
    let error = this.#toError(thrown);
    // Its own limit has passed, not the request's.
    if (error.code === "deadline_exceeded" && !call.signal.aborted && clock.now() < call.deadlineMs) {
      const detail = `The provider ${target.provider} did not answer within ${this.#options.limits.wholeAnswerMs} ms.`;
      error = new HeadgateError("provider_silent", { detail, cause: error });
    }
    // Nobody was asked then.
    if (error.code !== "not_translatable") this.#log.note({ errorCode: error.code });
    this.#end({ type: "failed", error });
    return error;
  }

  /** What it was ended with, whatever the provider calls that. */
  #toError(thrown: unknown): HeadgateError {
    const signal = this.#controller?.signal;
    return HeadgateError.from(signal?.aborted && HeadgateError.is(signal.reason) ? signal.reason : thrown);
  }

  #end(end: AttemptEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.stop();
    this.#options.call.signal.removeEventListener("abort", this);
    this.#options.onEnd(end);
  }
}

/** Whether the model has said something: pings, empty deltas and counts are nothing. */
function isContent(part: Part): boolean {
  if (part.type === "raw") return part.isOpaque === true || part.says.some(isContent);
  if (part.type === "text" || part.type === "reasoning") return part.text !== "";
  if (part.type === "tool-call") return part.arguments !== "" || part.name !== undefined || part.id !== undefined;
  return part.type !== "usage" && part.type !== "finish";
}

function countChars(part: Part): number {
  if (part.type === "raw") {
    return part.isOpaque === true ? part.bytes.length : part.says.reduce((chars, said) => chars + countChars(said), 0);
  }
  if (part.type === "tool-call") return part.arguments.length;
  return part.type === "text" || part.type === "reasoning" ? part.text.length : 0;
}
