import type { AttemptNote, Call } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { ModelEntry, Snapshot } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { Provider } from "../../providers/provider.ts";
import { toAttemptLimits } from "./attempt-limits.ts";
import type { Asking } from "./asking.ts";
import { Attempt, type AttemptEnd, type Opened } from "./attempt.ts";
import { computeBackoffMs } from "./backoff.ts";
import { decide } from "./decisions.ts";
import type { HealthBoard } from "./health/health-board.ts";
import type { HedgeCap } from "./health/hedge-cap.ts";
import type { RetryBudget } from "./health/retry-budget.ts";
import type { Turn } from "./health/turn.ts";
import { openHedged } from "./hedge.ts";
import { Itinerary, type NextStep, type Stop } from "./itinerary.ts";

export interface ModelRunOptions {
  /** By name. @throws HeadgateError if it cannot be connected */
  readonly findProvider: (name: string, call: Call) => Provider;
  readonly clock: Clock;
  readonly board: HealthBoard;
  readonly budget: RetryBudget;
  readonly hedges: HedgeCap;
  /** Integer micro-dollars of a model call that has usage, null if its price is unknown. */
  readonly priceOf: (attempt: AttemptNote, call: Call) => number | null | Promise<number | null>;
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
  #retries = 0;

  constructor(call: Call, options: ModelRunOptions) {
    if (!call.route) throw new Error("No stage has chosen a route.");
    this.#call = call;
    this.options = options;
    this.itinerary = new Itinerary(call.route, options.board, options.clock);
  }

  /** Model calls that the request may still make for failures: all its steps together. */
  get attemptsLeft(): number {
    const { notes, snapshot } = this.#call;
    let extra = 0;
    for (const { reason } of notes.attempts) if (reason !== "first" && reason !== "chunk") extra++;
    return snapshot.resilience.maxAttempts - 1 - extra;
  }

  /** Asks at the stop, and after each failure where it leads to. @throws HeadgateError the last failure */
  async open(first: Stop, asking: Asking): Promise<Opened> {
    let stop = first;
    let { reason } = asking;
    for (;;) {
      try {
        return await this.#try(stop, { ...asking, reason });
      } catch (thrown) {
        stop = await this.#follow(HeadgateError.from(thrown), stop);
        // A stream that goes on elsewhere stays one, however often it takes.
        if (reason !== "restart" && reason !== "continue") ({ reason } = stop);
      }
    }
  }

  async #try(stop: Stop, asking: Asking): Promise<Opened> {
    const { hedge } = this.#call.snapshot.resilience;
    const mayHedge = hedge !== undefined && asking.reason !== "restart" && asking.reason !== "continue";
    if (mayHedge && this.attemptsLeft > 0) return openHedged(this, { hedge, stop, asking });
    return this.start(stop, asking).open();
  }

  /** A model call at the stop, which has still to be opened. @throws HeadgateError if its provider cannot be connected */
  start(stop: Stop, { call, reason, wantsParts, holdBackChars = 0 }: Asking): Attempt {
    const { clock, findProvider } = this.options;
    const { target, turn, model } = stop;
    call.notes.target = target;
    let provider: Provider;
    try {
      provider = findProvider(target.provider, call);
    } catch (error) {
      turn.fail(HeadgateError.from(error).code, clock.now());
      throw error;
    }
    const limits = toAttemptLimits(call, { model, hasOther: this.itinerary.hasOther, nowMs: clock.now() });
    return new Attempt({
      call,
      target,
      reason,
      provider,
      limits,
      holdBackChars,
      wantsParts,
      clock,
      onContent: () => turn.begin(clock.now()),
      onEnd: (end) => endTurn(turn, end, clock.now()),
    });
  }

  /** The stop after a failure, once it may be asked. @throws HeadgateError the failure, if there is none */
  async #follow(error: HeadgateError, stop: Stop): Promise<Stop> {
    const decision = decide(error.code);
    const isOver = this.#call.signal.aborted || decision === "stop";
    if (isOver || (decision !== "skip" && this.attemptsLeft <= 0)) throw error;
    const { clock } = this.options;
    const askedMs = error.retryAfterMs === undefined ? 0 : Math.min(error.retryAfterMs, maxRetryAfterMs);
    if (askedMs > 0) stop.turn.health.breaker.bench(clock.now() + askedMs, clock.now());
    const waitMs = Math.max(askedMs, computeBackoffMs(this.#retries + 1, clock));
    const isLarger = decision === "larger-context" ? await this.#findLarger(stop.model) : undefined;
    const next = await this.#wait(
      this.itinerary.after({ decision, waitMs, isLast: this.attemptsLeft === 1, isLarger }),
      error,
    );
    if (!next) throw error;
    return next;
  }

  async #wait(step: NextStep, error: HeadgateError): Promise<Stop | undefined> {
    if (step.type !== "wait") return step.type === "go" ? step.stop : undefined;
    const { clock, budget } = this.options;
    const { signal, deadlineMs } = this.#call;
    const isInTime = clock.now() + step.waitMs < deadlineMs;
    if (!isInTime || !budget.take()) return this.#wait(this.itinerary.after({ decision: "rotate", waitMs: 0 }), error);
    try {
      this.#retries++;
      await clock.sleep(step.waitMs, signal);
    } catch {
      throw error;
    } finally {
      budget.give();
    }
    return this.itinerary.again();
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

function endTurn(turn: Turn, end: AttemptEnd, nowMs: number): void {
  if (end.type === "ok") turn.finish(nowMs);
  else if (end.type === "left") turn.leave(nowMs);
  else turn.fail(end.error.code, nowMs);
}
