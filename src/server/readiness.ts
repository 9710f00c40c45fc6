import type { Clock } from "../clock.ts";
import type { Store } from "../store/store.ts";

export interface ReadinessOptions {
  readonly store: Pick<Store, "ping">;
  readonly clock: Clock;
}

/** Tells whether the store answers, without letting health checks add load to a slow one. */
export interface Readiness {
  isStoreReachable(): Promise<boolean>;
  /** As it was when it was asked last; undefined: it never was. */
  readonly wasStoreReachable: boolean | undefined;
}

const cachedMs = 1000;
const pingDeadlineMs = 1000;

export function createReadiness({ store, clock }: ReadinessOptions): Readiness {
  let checkedAtMs = -Infinity;
  let isReachable = false;
  let pending: Promise<boolean> | undefined;

  async function check(): Promise<boolean> {
    const deadline = Promise.withResolvers<boolean>();
    const cancelTimer = clock.after(pingDeadlineMs, () => deadline.resolve(false));
    const ping = store.ping().then(
      () => true,
      () => false,
    );
    isReachable = await Promise.race([ping, deadline.promise]);
    cancelTimer();
    checkedAtMs = clock.now();
    return isReachable;
  }

  return {
    get wasStoreReachable() {
      return checkedAtMs > 0 ? isReachable : undefined;
    },
    async isStoreReachable() {
      const ageMs = clock.now() - checkedAtMs;
      // Below zero the clock was set back.
      if (ageMs >= 0 && ageMs < cachedMs) return isReachable;
      pending ??= check().finally(() => {
        pending = undefined;
      });
      return pending;
    },
  };
}
