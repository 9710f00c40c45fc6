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
  /** The candidate that is asked now. */
  #at = 0;
  #last: Stop | undefined;
  #retries = 0;
  #failed: Set<Deployment> | undefined;
  #soonestMs = Number.POSITIVE_INFINITY;

  constructor(route: Route, board: HealthBoard, clock: Clock) {
    this.#route = route;
    this.#board = board;
    this.#clock = clock;
  }

  /** @throws HeadgateError `provider_unavailable` or `overloaded` if no deployment can be asked now */
  first(): Stop {
    const { candidates } = this.#route;
    for (; this.#at < candidates.length; this.#at++) {
      const stop = this.#enter(candidates[this.#at]!, this.#at === 0 ? "first" : "fallback");
      if (stop) return stop;
    }
    throw this.#refuse();
  }

  /** Whether another deployment or model stands by. */
  get hasOther(): boolean {
    const { candidates } = this.#route;
    return this.#hasNext || candidates[this.#at]!.deployments.length > 1;
  }

  /** Where to go after the last stop has failed. */
  after({ decision, waitMs, isLast = false, isLarger }: Failure): NextStep {
    const last = this.#last;
    if (!last || decision === "stop") return nowhere;
    (this.#failed ??= new Set()).add(last.turn.deployment);
    if (decision === "larger-context") return this.#goOn(isLarger);
    if (isLast && this.#hasNext) {
      const next = this.#goOn();
      if (next.type === "go") return next;
    }
    const sibling = this.#enter(last.model, "rotate");
    if (sibling) return { type: "go", stop: sibling };
    const mayWait = decision === "retry";
    const isWorthIt = this.#retries === 0 && waitMs <= patienceMs;
    if (mayWait && (isWorthIt || !this.#hasNext)) return { type: "wait", waitMs };
    return this.#goOn();
  }

  /** Goes where the last stop was, after its wait; elsewhere if it cannot be asked any more. */
  again(): Stop | undefined {
    const last = this.#last;
    if (!last) return undefined;
    this.#retries++;
    const turn = last.turn.health.tryBegin(last.turn.deployment, this.#clock.now());
    if (turn) return this.#keep({ ...last, turn, reason: "retry" });
    const step = this.#goOn();
    return step.type === "go" ? step.stop : undefined;
  }

  /** For a stream that broke midway: another deployment, else the next model, else, if it may be, the last one again. */
  elsewhere(decision: Decision): Stop | undefined {
    const last = this.#last;
    if (!last || decision === "stop" || decision === "larger-context") return undefined;
    (this.#failed ??= new Set()).add(last.turn.deployment);
    const sibling = this.#enter(last.model, "rotate");
    if (sibling) return sibling;
    const next = this.#goOn();
    if (next.type === "go") return next.stop;
    return decision === "retry" ? this.stay() : undefined;
  }

  /** The last stop once more, at once. */
  stay(): Stop | undefined {
    const last = this.#last;
    const turn = last?.turn.health.tryBegin(last.turn.deployment, this.#clock.now());
    return last && turn && this.#keep({ ...last, turn });
  }

  /** A second place beside the last stop, which goes on; undefined: there is none. */
  beside(): Stop | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const stop = this.#enter(last.model, "rotate", new Set([last.turn.deployment, ...(this.#failed ?? [])]));
    this.#last = last;
    return stop;
  }

  get #hasNext(): boolean {
    return this.#at + 1 < this.#route.candidates.length;
  }

  #goOn(isFit: (model: ModelEntry) => boolean = () => true): NextStep {
    while (this.#hasNext) {
      this.#at++;
      const model = this.#route.candidates[this.#at]!;
      const stop = isFit(model) ? this.#enter(model, "fallback") : undefined;
      if (!stop) continue;
      this.#retries = 0;
      return { type: "go", stop };
    }
    return nowhere;
  }

  #enter(model: ModelEntry, reason: Stop["reason"], exclude = this.#failed ?? none): Stop | undefined {
    const nowMs = this.#clock.now();
    const random = (): number => this.#clock.random();
    const turn = chooseDeployment(model.deployments, this.#board, { nowMs, random, exclude });
    if ("waitMs" in turn) {
      this.#soonestMs = Math.min(this.#soonestMs, turn.waitMs);
      return undefined;
    }
    const { provider, model: name } = turn.deployment;
    const { tier, rule } = this.#route;
    const target: Target = { provider, model: name, rule, ...(tier === undefined ? {} : { tier }) };
    return this.#keep({ model, target, turn, reason });
  }

  #keep(stop: Stop): Stop {
    this.#last = stop;
    return stop;
  }

  #refuse(): HeadgateError {
    const names = this.#route.candidates.map(({ name }) => name).join(", ");
    const detail = `No deployment of ${names} can be asked now: they rest after failures, or have as much to do as they take.`;
    return new HeadgateError("provider_unavailable", { detail, retryAfterMs: Math.ceil(this.#soonestMs) });
  }
}
