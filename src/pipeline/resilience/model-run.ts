import type { AttemptNote, AttemptReason, Call, Target } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { Provider } from "../../providers/provider.ts";
import { toAttemptLimits } from "./attempt-limits.ts";
import type { Asking } from "./asking.ts";
import { Attempt, type AttemptEnd, type AttemptOptions, type Opened } from "./attempt.ts";
import { computeBackoffMs } from "./backoff.ts";
import { decide } from "./decisions.ts";
import type { HealthBoard } from "./health/health-board.ts";
import type { HedgeCap } from "./health/hedge-cap.ts";
import type { RetryBudget } from "./health/retry-budget.ts";
import type { Turn } from "./health/turn.ts";
import { openHedged } from "./hedge.ts";
import { Itinerary, type Stop } from "./itinerary.ts";

export interface ModelRunOptions {
  /** By name. @throws HeadgateError if it cannot be connected */
  readonly findProvider: (name: string, call: Call) => Provider;
  readonly clock: Clock;
  readonly board: HealthBoard;
  readonly budget: RetryBudget;
  readonly hedges: HedgeCap;
  /** Integer micro-dollars of a model call that has usage, null if its price is unknown. */
  readonly priceOf: (attempt: AttemptNote, call: Call) => number | null | Promise<number | null>;
  /** Whether one more model call may be made than the one that every request has. */
  readonly mayAskMore: (call: Call, target: Target) => Promise<boolean>;
  /** About how many input tokens a call has. */
  readonly estimatePrompt: AttemptOptions["estimatePrompt"];
  /** Told of every model call that was made, with the call as it was sent. */
  readonly onAttempt?: AttemptOptions["onNote"];
  /** Tokens of input and answer together; undefined: unknown. */
  readonly findContextWindow: (model: ModelEntry, snapshot: Snapshot) => Promise<number | undefined>;
}

/** A provider that asks for a longer wait than this is asked again after it all the same. */
const maxRetryAfterMs = 30_000;

/** The model calls for one request of the pipeline to a model: the first, and whatever failures lead to. */
export class ModelRun {
  readonly options: ModelRunOptions;
  readonly itinerary: Itinerary;
  readonly #call: Call;
  #promptTokens: number | undefined;
  #retries = 0;
  /** It has a part of the retry budget. */
  #isRetrying = false;

  constructor(call: Call, options: ModelRunOptions) {
    if (!call.route) throw new Error("No stage has chosen a route.");
    this.#call = call;
    this.options = options;
    this.itinerary = new Itinerary(call.route, options.board, options.clock, this.#countPrompt);
  }

  readonly #countPrompt = (): number => (this.#promptTokens ??= this.options.estimatePrompt(this.#call));

  /** Model calls that the request may still make for failures: all its steps together. */
  get attemptsLeft(): number {
    const { notes, snapshot } = this.#call;
    let firsts = 0;
    for (const { reason } of notes.attempts) if (isFirst(reason)) firsts++;
    // Where the first model could not be asked, a fallback is the first call.
    const extra = Math.max(0, notes.attempts.length - Math.max(1, firsts));
    return snapshot.resilience.maxAttempts - 1 - extra;
  }

  /** Asks at the stop, and after each failure where it leads to. @throws HeadgateError the last failure */
  async open(first: Stop, asking: Asking): Promise<Opened> {
    let stop = first;
    let { reason } = asking;
    let failure: HeadgateError | undefined;
    for (;;) {
      try {
        const opened = await this.#try(stop, reason === asking.reason ? asking : { ...asking, reason });
        this.#endRetry();
        return opened;
      } catch (thrown) {
        this.#endRetry();
        const error = HeadgateError.from(thrown);
        // That nobody else could be told the request is not why it failed.
        if (!failure || error.code !== "not_translatable") failure = error;
        const next = await this.#follow(error, stop);
        if (!next || !(await this.mayAskAt(next))) throw endOf(this.#call.signal) ?? failure;
        stop = next;
        // A stream that goes on elsewhere stays one, however often it takes.
        if (!isRescue(reason)) ({ reason } = stop);
      }
    }
  }

  /** False: the request has no room for what a call there may cost, and the stop is given back. */
  async mayAskAt({ target, turn }: Stop): Promise<boolean> {
    const { mayAskMore, clock } = this.options;
    if (await mayAskMore(this.#call, target)) return true;
    this.#endRetry();
    turn.leave(clock.now());
    return false;
  }

  #try(stop: Stop, asking: Asking): Promise<Opened> {
    const { hedge } = this.#call.snapshot.resilience;
    if (hedge && !isRescue(asking.reason) && this.#leftAfter(asking) > 0) {
      return openHedged(this, { hedge, stop, asking });
    }
    return this.start(stop, asking).open();
  }

  /** What is asked now is not noted yet. */
  #leftAfter({ reason }: Asking): number {
    return this.attemptsLeft - (isFirst(reason) ? 0 : 1);
  }

  /** A model call at the stop, which has still to be opened. @throws HeadgateError if its provider cannot be connected */
  start(stop: Stop, asking: Asking): Attempt {
    const { reason, wantsParts, holdBackChars = 0, adapt } = asking;
    const { clock, findProvider } = this.options;
    const { target, turn, model } = stop;
    let { call } = asking;
    call.notes.target = target;
    let provider: Provider;
    try {
      provider = findProvider(target.provider, call);
      if (adapt) call = adapt(provider, target.model);
    } catch (error) {
      turn.fail(HeadgateError.from(error).code, clock.now());
      throw error;
    }
    turn.health.quota.take(this.#countPrompt);
    // Nobody could take over from the last call.
    const hasOther = this.itinerary.hasOther && this.#leftAfter(asking) > 0;
    const usualMs = turn.health.usualLatency.ms;
    const probe = turn.isProbe ? { usualMs, random: clock.random() } : undefined;
    const limits = toAttemptLimits(call, { model, hasOther, nowMs: clock.now(), probe });
    const attempt: Attempt = new Attempt({
      call,
      target,
      reason,
      provider,
      limits,
      holdBackChars,
      wantsParts,
      clock,
      estimatePrompt: this.options.estimatePrompt,
      onNote: this.options.onAttempt,
      onContent: () => turn.begin(clock.now()),
      onLimits: (told) => turn.health.quota.learn(told, clock.now()),
      onEnd: (end) => {
        endTurn(turn, end, clock.now());
        asking.onEnd?.(attempt.usage);
      },
    });
    return attempt;
  }

  /** The stop after a failure, once it may be asked; undefined: there is none. */
  async #follow(error: HeadgateError, stop: Stop): Promise<Stop | undefined> {
    const { clock } = this.options;
    const askedMs = error.retryAfterMs === undefined ? 0 : Math.min(error.retryAfterMs, maxRetryAfterMs);
    if (askedMs > 0) stop.turn.health.bench(clock.now() + askedMs, clock.now());
    const decision = decide(error);
    const isOver = this.#call.signal.aborted || decision === "stop";
    if (isOver || (decision !== "skip" && this.attemptsLeft <= 0)) return undefined;
    const waitMs = Math.max(askedMs, computeBackoffMs(this.#retries + 1, clock));
    const isLarger = decision === "larger-context" ? await this.#findLarger(stop.model) : undefined;
    const step = this.itinerary.after({ decision, waitMs, isLast: this.attemptsLeft === 1, isLarger });
    if (step.type === "wait") return this.#wait(step.waitMs);
    return step.type === "go" ? step.stop : undefined;
  }

  /** The same place after the wait; another one at once if there is no time for it, or too much is retried already. */
  async #wait(waitMs: number): Promise<Stop | undefined> {
    const { clock, budget } = this.options;
    const { signal, deadlineMs } = this.#call;
    if (clock.now() + waitMs >= deadlineMs || !budget.take()) {
      const step = this.itinerary.after({ decision: "rotate", waitMs: 0 });
      return step.type === "go" ? step.stop : undefined;
    }
    this.#isRetrying = true;
    this.#retries++;
    const hasWaited = await clock.sleep(waitMs, signal).then(
      () => true,
      () => false,
    );
    const stop = hasWaited ? this.itinerary.again() : undefined;
    if (!stop) this.#endRetry();
    return stop;
  }

  #endRetry(): void {
    if (this.#isRetrying) this.options.budget.give();
    this.#isRetrying = false;
  }

  async #findLarger(model: ModelEntry): Promise<(other: ModelEntry) => boolean> {
    const { route, snapshot } = this.#call;
    const { findContextWindow } = this.options;
    const windows = new Map<ModelEntry, number>();
    for (const candidate of route?.candidates ?? []) {
      windows.set(candidate, (await findContextWindow(candidate, snapshot)) ?? 0);
    }
    const tooShort = windows.get(model) ?? 0;
    return (other) => (windows.get(other) ?? 0) > tooShort;
  }
}

/** Whoever left, or was sent away, while a retry was waited for: that is how the call ended, not the failure before. */
function endOf({ reason }: AbortSignal): HeadgateError | undefined {
  return HeadgateError.is(reason) && reason.code !== "deadline_exceeded" ? reason : undefined;
}

/** Every request has one, or one for each piece of its input; all others are made for failures. */
function isFirst(reason: AttemptReason): boolean {
  return reason === "first" || reason === "chunk";
}

function isRescue(reason: AttemptReason): boolean {
  return reason === "restart" || reason === "continue";
}

function endTurn(turn: Turn, end: AttemptEnd, nowMs: number): void {
  if (end.type === "ok") turn.finish(nowMs);
  else if (end.type === "left") turn.leave(nowMs);
  else turn.fail(end.error.code, nowMs);
}
