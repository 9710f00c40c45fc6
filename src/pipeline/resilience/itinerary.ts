import type { AttemptReason, Route, Target } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import type { Deployment, ModelEntry } from "../../endpoint/snapshot.ts";
import { HeadgateError } from "../../errors.ts";
import type { Decision } from "./decisions.ts";
import { chooseDeployment } from "./health/choose-deployment.ts";
import type { HealthBoard } from "./health/health-board.ts";
import type { Turn } from "./health/turn.ts";

/** A place that was taken for a model call. Whoever has it ends its turn. */
export interface Stop {
  readonly model: ModelEntry;
  readonly target: Target;
  readonly turn: Turn;
  readonly reason: Extract<AttemptReason, "first" | "retry" | "rotate" | "fallback">;
}

/** Where to go after a failure: to a place that is taken already, or to the last one again, after a wait. */
export type NextStep =
  | { readonly type: "go"; readonly stop: Stop }
  | { readonly type: "wait"; readonly waitMs: number }
  | { readonly type: "nowhere" };

export interface Failure {
  readonly decision: Decision;
  /** Before the same deployment may be asked again, in milliseconds. */
  readonly waitMs: number;
  /** Nothing follows the next model call: it goes to the next model, where there is one. */
  readonly isLast?: boolean;
  /** Whether a model may follow one whose context was too short. */
  readonly isLarger?: (model: ModelEntry) => boolean;
}

/** A longer wait than this is not worth it where another model stands by. */
const patienceMs = 2000;

const nowhere: NextStep = { type: "nowhere" };
const none: ReadonlySet<Deployment> = new Set();

/** Walks through a route's models and their deployments, a step for each failure. */
export class Itinerary {
  readonly #route: Route;
  readonly #board: HealthBoard;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #promptTokens: () => number;
  /** The candidate that is asked now. */
  #at = 0;
  #last: Stop | undefined;
  #retries = 0;
  #failed: Set<Deployment> | undefined;
  #soonestMs = Number.POSITIVE_INFINITY;
  #isFull = false;

  /** @param promptTokens what the prompt takes of a provider's limit of tokens, as an estimate */
  constructor(route: Route, board: HealthBoard, clock: Clock, promptTokens: () => number) {
    this.#route = route;
    this.#board = board;
    this.#clock = clock;
    this.#random = () => clock.random();
    this.#promptTokens = promptTokens;
  }

  /**
   * The first model that can be asked. One that asked to be left alone is asked all the same where no other can be.
   * @throws HeadgateError `overloaded` if there is no room, `provider_unavailable` if all rest after failures
   */
  first(): Stop {
    const stop = this.#enterFirst(false) ?? this.#enterFirst(true);
    if (!stop) throw this.#refuse();
    return stop;
  }

  /** Whether another deployment or model stands by. */
  get hasOther(): boolean {
    if (this.#hasNext) return true;
    const { deployments } = this.#route.candidates[this.#at]!;
    const failed = this.#failed;
    if (!failed || deployments.length === 1) return deployments.length > 1;
    return deployments.some((deployment) => deployment !== this.#last?.turn.deployment && !failed.has(deployment));
  }

  /** Where to go after the last stop has failed. */
  after({ decision, waitMs, isLast = false, isLarger }: Failure): NextStep {
    const last = this.#last;
    if (!last || decision === "stop") return nowhere;
    this.leaveOut(last);
    if (decision === "larger-context") return toStep(this.#goOn(isLarger) ?? this.#goOn(isLarger, true));
    const next = (isLast ? this.#goOn() : undefined) ?? this.#rotate();
    if (next) return toStep(next);
    const mayWait = decision === "retry";
    const isWorthIt = this.#retries === 0 && waitMs <= patienceMs;
    const other = mayWait && isWorthIt ? undefined : this.#goOn();
    if (mayWait && !other) return { type: "wait", waitMs };
    return toStep(other ?? this.#rotate(true) ?? this.#goOn(undefined, true));
  }

  /** Goes where the last stop was, after its wait; elsewhere if it cannot be asked any more. */
  again(): Stop | undefined {
    const last = this.#last;
    if (!last) return undefined;
    this.#retries++;
    // Others may have been told to wait meanwhile: this one has waited.
    const turn = last.turn.health.tryBegin(last.turn.deployment, this.#clock.now(), true);
    return turn ? this.moveTo({ ...last, turn, reason: "retry" }) : this.#goOn();
  }

  /** For a stream that broke midway: another deployment, else the next model, else, if it may be, the last one again. */
  elsewhere(decision: Decision): Stop | undefined {
    const last = this.#last;
    if (!last || decision === "stop" || decision === "larger-context") return undefined;
    this.leaveOut(last);
    const other = this.#rotate() ?? this.#goOn();
    if (other) return other;
    const same = decision === "retry" ? this.stay() : undefined;
    return same ?? this.#rotate(true) ?? this.#goOn(undefined, true);
  }

  /** The last stop once more, at once. */
  stay(): Stop | undefined {
    const last = this.#last;
    const turn = last?.turn.health.tryBegin(last.turn.deployment, this.#clock.now(), true);
    return last && turn && this.moveTo({ ...last, turn });
  }

  /** A second place beside the last stop, which goes on; undefined: there is none. */
  beside(): Stop | undefined {
    const last = this.#last;
    return last && this.#enter(last.model, { reason: "rotate", beside: last.turn.deployment });
  }

  /** The stop is the one that is asked now. */
  moveTo(stop: Stop): Stop {
    this.#last = stop;
    return stop;
  }

  /** The stop has failed: only a retry goes there again. */
  leaveOut(stop: Stop): void {
    (this.#failed ??= new Set()).add(stop.turn.deployment);
  }

  get #hasNext(): boolean {
    return this.#at + 1 < this.#route.candidates.length;
  }

  #enterFirst(mayBeBenched: boolean): Stop | undefined {
    const { candidates } = this.#route;
    for (let at = 0; at < candidates.length; at++) {
      const stop = this.#enter(candidates[at]!, { reason: at === 0 ? "first" : "fallback", mayBeBenched });
      if (!stop) continue;
      this.#at = at;
      return this.moveTo(stop);
    }
    return undefined;
  }

  /** Another deployment of the same model. */
  #rotate(mayBeBenched = false): Stop | undefined {
    const stop = this.#last && this.#enter(this.#last.model, { reason: "rotate", mayBeBenched });
    return stop && this.moveTo(stop);
  }

  /** The next model that can be asked. */
  #goOn(isFit?: (model: ModelEntry) => boolean, mayBeBenched = false): Stop | undefined {
    const { candidates } = this.#route;
    for (let at = this.#at + 1; at < candidates.length; at++) {
      const model = candidates[at]!;
      const stop = isFit?.(model) === false ? undefined : this.#enter(model, { reason: "fallback", mayBeBenched });
      if (!stop) continue;
      this.#at = at;
      this.#retries = 0;
      return this.moveTo(stop);
    }
    return undefined;
  }

  #enter(model: ModelEntry, { reason, mayBeBenched, beside }: Entering): Stop | undefined {
    const failed = this.#failed ?? none;
    const exclude = beside ? new Set(failed).add(beside) : failed;
    const nowMs = this.#clock.now();
    const turn = chooseDeployment(model.deployments, this.#board, {
      nowMs,
      random: this.#random,
      exclude,
      mayBeBenched,
      promptTokens: this.#promptTokens,
    });
    if ("waitMs" in turn) {
      this.#soonestMs = Math.min(this.#soonestMs, turn.waitMs);
      this.#isFull ||= turn.isFull;
      return undefined;
    }
    const { provider, model: name } = turn.deployment;
    const { tier, rule } = this.#route;
    const target: Target = tier === undefined ? { provider, model: name, rule } : { provider, model: name, tier, rule };
    return { model, target, turn, reason };
  }

  #refuse(): HeadgateError {
    const names = this.#route.candidates.map(({ name }) => name).join(", ");
    const detail = `No deployment of ${names} can be asked now: they rest after failures, or have as much to do as they take.`;
    const code = this.#isFull ? "overloaded" : "provider_unavailable";
    return new HeadgateError(code, { detail, retryAfterMs: Math.ceil(this.#soonestMs) });
  }
}

interface Entering {
  readonly reason: Stop["reason"];
  /** @default false */
  readonly mayBeBenched?: boolean;
  /** Not there, as it is being asked. */
  readonly beside?: Deployment;
}

function toStep(stop: Stop | undefined): NextStep {
  return stop ? { type: "go", stop } : nowhere;
}
