import type { Clock } from "../../../clock.ts";
import type { Deployment } from "../../../endpoint/snapshot.ts";
import type { BreakerState } from "./breaker.ts";
import { DeploymentHealth, type HealthReport } from "./deployment-health.ts";

export interface BreakerChange {
  readonly provider: string;
  readonly model: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly atMs: number;
}

export interface HealthBoardOptions {
  readonly clock: Pick<Clock, "now" | "random">;
  /** Most deployments that are remembered. @default 4096 */
  readonly maxEntries?: number;
}

/** How many of the least recently used are looked at for an idle one. */
const maxLooks = 64;

/** The health of every deployment that was called, by provider and model. One per process, over all reloads. */
export class HealthBoard {
  readonly #clock: HealthBoardOptions["clock"];
  readonly #maxEntries: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, DeploymentHealth>();
  #latest: DeploymentHealth | undefined;
  readonly #listeners = new Set<(change: BreakerChange) => void>();

  constructor({ clock, maxEntries = 4096 }: HealthBoardOptions) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
  }

  of(deployment: Pick<Deployment, "provider" | "model">): DeploymentHealth {
    const { provider, model } = deployment;
    if (this.#latest?.model === model && this.#latest.provider === provider) return this.#latest;
    const key = `${provider}/${model}`;
    const known = this.#entries.get(key);
    if (known) this.#entries.delete(key);
    else if (this.#entries.size >= this.#maxEntries) this.#forgetOne();
    const health = known ?? this.#create(deployment);
    this.#entries.set(key, health);
    this.#latest = health;
    return health;
  }

  /** The most recently used last. */
  list(nowMs: number): readonly HealthReport[] {
    return [...this.#entries.values()].map((health) => health.report(nowMs));
  }

  /** The returned function ends it. */
  onChange(listener: (change: BreakerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #create({ provider, model }: Pick<Deployment, "provider" | "model">): DeploymentHealth {
    return new DeploymentHealth(
      { provider, model },
      {
        random: this.#clock.random,
        onChange: (from, to, atMs) => {
          for (const listener of this.#listeners) listener({ provider, model, from, to, atMs });
        },
      },
    );
  }

  /** An idle one if there is one among the oldest; otherwise the oldest, since a bound that gives way is none. */
  #forgetOne(): void {
    const nowMs = this.#clock.now();
    let oldest: string | undefined;
    let looks = 0;
    for (const [key, health] of this.#entries) {
      oldest ??= key;
      if (health.isIdle(nowMs)) {
        this.#entries.delete(key);
        return;
      }
      if ((looks += 1) >= maxLooks) break;
    }
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}
