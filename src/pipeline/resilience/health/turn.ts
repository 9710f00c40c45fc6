import type { Deployment } from "../../../endpoint/snapshot.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { DeploymentHealth } from "./deployment-health.ts";
import { judgeFailure } from "./judge-failure.ts";

export interface TurnOptions {
  readonly deployment: Deployment;
  readonly health: DeploymentHealth;
  readonly isProbe: boolean;
  readonly nowMs: number;
}

/** One model call's place at a deployment. Ends once, by `finish`, `fail` or `leave`; what is told later is not heard. */
export class Turn {
  readonly deployment: Deployment;
  readonly health: DeploymentHealth;
  /** The call finds out whether the deployment is back. */
  readonly isProbe: boolean;
  readonly startedAtMs: number;
  #ticket: number;
  #hasBegun = false;
  #isOver = false;

  constructor({ deployment, health, isProbe, nowMs }: TurnOptions) {
    this.deployment = deployment;
    this.health = health;
    this.isProbe = isProbe;
    this.startedAtMs = nowMs;
    this.#ticket = health.breaker.ticket;
  }

  /** The answer's first content is here: the deployment counts as well from now on, however long the rest takes. */
  begin(nowMs: number): void {
    if (this.#hasBegun || this.#isOver) return;
    this.#hasBegun = true;
    const tookMs = nowMs - this.startedAtMs;
    this.health.latency.observe(tookMs, nowMs);
    this.health.usualLatency.observe(tookMs, nowMs);
    this.health.servedAtMs = nowMs;
    this.#succeed(nowMs);
  }

  /** The answer is complete. */
  finish(nowMs: number): void {
    if (this.#isOver) return;
    this.begin(nowMs);
    this.#isOver = true;
    this.health.limit.leave("ok", nowMs);
  }

  fail(code: ErrorCode, nowMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { breaker, limit, latency } = this.health;
    const judgement = judgeFailure(code);
    const isOverload = judgement === "limited" || judgement === "overloaded";
    // A deployment that is down is not to come back with no room.
    const tellsOfLoad = isOverload && !this.isProbe && breaker.isCurrent(this.#ticket);
    limit.leave(tellsOfLoad ? "overloaded" : "neutral", nowMs);
    if (code === "provider_silent") latency.observe(nowMs - this.startedAtMs, nowMs);
    // It takes as much as it can: less is to be asked of it, not nothing.
    const isOnlyFull = code === "provider_overloaded" && !this.isProbe && this.health.isServing(nowMs);
    if (judgement === "failed" || judgement === "overloaded") this.health.lastFailure = code;
    if (isOnlyFull) breaker.ignore(this.#ticket);
    else if (judgement === "failed" || judgement === "overloaded") {
      const wasClosed = breaker.state(nowMs) === "closed";
      breaker.fail(this.#ticket, nowMs, this.#hasBegun);
      // It was down, and what it said of its load said nothing.
      if (wasClosed && breaker.state(nowMs) !== "closed") limit.restore();
    } else if (judgement === "alive" && this.isProbe) this.#succeed(nowMs);
    else breaker.ignore(this.#ticket);
  }

  /** Ended by us: cancelled, or another was faster. Says nothing of the deployment. */
  leave(nowMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.health.limit.leave("neutral", nowMs);
    this.health.breaker.ignore(this.#ticket);
  }

  #succeed(nowMs: number): void {
    const { breaker } = this.health;
    const isCurrent = breaker.isCurrent(this.#ticket);
    breaker.succeed(this.#ticket, nowMs);
    // A probe that closed the breaker may still fail midway, and that counts.
    if (isCurrent) this.#ticket = breaker.ticket;
  }
}
