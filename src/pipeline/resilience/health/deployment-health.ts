import type { Deployment } from "../../../endpoint/snapshot.ts";
import type { ErrorCode } from "../../../errors.ts";
import type { ProviderLimits } from "../../../providers/provider.ts";
import { Breaker, type BreakerOptions, type BreakerState } from "./breaker.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { LatencyMeter } from "./latency-meter.ts";
import { ProviderQuota } from "./provider-quota.ts";
import { Turn } from "./turn.ts";

/** `full`: well, but with no room for one more call. */
export type Availability = "yes" | "probe" | "no" | "full";

/** How a deployment is, for the admin API and `headgate doctor`. */
export interface HealthReport {
  readonly provider: string;
  readonly model: string;
  readonly state: BreakerState;
  /** Milliseconds since the epoch until which the provider asked to be left alone; absent: it did not. */
  readonly benchedUntilMs?: number;
  /** What the provider has said is left of its rate limits; absent: nothing that still holds. */
  readonly providerLimits?: ProviderLimits;
  readonly consecutiveFailures: number;
  /** Of the last 10 s. */
  readonly failuresInWindow: number;
  readonly resultsInWindow: number;
  readonly inFlight: number;
  readonly limit: number;
  /** Time to first content; absent: none was seen. */
  readonly latencyMs?: number;
  /** Absent: it never failed. */
  readonly lastFailure?: ErrorCode;
}

const leastServingMs = 1000;
const timesUsual = 2;

/** What is known of one deployment, by all calls of this process. */
export class DeploymentHealth {
  readonly provider: string;
  readonly model: string;
  readonly breaker: Breaker;
  readonly limit = new ConcurrencyLimit();
  readonly quota = new ProviderQuota();
  readonly latency = new LatencyMeter();
  /** Of calls that were answered: `latency` also knows how long it was silent. */
  readonly usualLatency = new LatencyMeter();
  lastFailure: ErrorCode | undefined;
  /** When an answer last began. */
  servedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ provider, model }: Pick<Deployment, "provider" | "model">, options: BreakerOptions) {
    this.provider = provider;
    this.model = model;
    this.breaker = new Breaker(options);
  }

  /** Whether answers begin all the while, however seldom they come where they take long. */
  isServing(nowMs: number): boolean {
    const sinceMs = nowMs - this.servedAtMs;
    // Below zero the clock was set back.
    return sinceMs >= 0 && sinceMs < Math.max(leastServingMs, timesUsual * (this.usualLatency.ms ?? 0));
  }

  availability(nowMs: number, mayBeBenched = false): Availability {
    const admission = this.breaker.peek(nowMs, mayBeBenched);
    return admission === "yes" && !this.limit.hasRoom ? "full" : admission;
  }

  /**
   * Takes a place for one call; undefined: it may not be made now.
   * @param mayBeBenched for a call that nobody else can take: the provider's own limiter decides
   */
  tryBegin(deployment: Deployment, nowMs: number, mayBeBenched = false): Turn | undefined {
    const availability = this.availability(nowMs, mayBeBenched);
    if (availability === "no" || availability === "full") return undefined;
    const isProbe = this.breaker.admit(nowMs, mayBeBenched) === "probe";
    this.limit.enter();
    return new Turn({ deployment, health: this, isProbe, nowMs });
  }

  /** No calls until then that another may take, at most for 60 s: what a `Retry-After` asks. */
  bench(untilMs: number, nowMs: number): void {
    this.breaker.bench(untilMs, nowMs);
  }

  /** Nothing is lost by forgetting it. */
  isIdle(nowMs: number): boolean {
    const isWell = this.breaker.state(nowMs) === "closed" && this.breaker.peek(nowMs) === "yes";
    return isWell && this.limit.inFlight === 0 && this.quota.report(nowMs) === undefined;
  }

  report(nowMs: number): HealthReport {
    const { provider, model, breaker, limit, lastFailure } = this;
    const benchedUntilMs = breaker.benchedUntilMs(nowMs);
    const latencyMs = this.latency.ms;
    const providerLimits = this.quota.report(nowMs);
    return {
      provider,
      model,
      state: breaker.state(nowMs),
      ...(benchedUntilMs === undefined ? {} : { benchedUntilMs }),
      ...(providerLimits ? { providerLimits } : {}),
      consecutiveFailures: breaker.consecutiveFailures,
      failuresInWindow: breaker.failuresInWindow(nowMs),
      resultsInWindow: breaker.resultsInWindow(nowMs),
      inFlight: limit.inFlight,
      limit: limit.limit,
      ...(latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs) }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  }
}
