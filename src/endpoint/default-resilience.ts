import type { ResilienceOptions } from "./define-config.ts";
import { freezeDeep } from "./freeze-deep.ts";
import type { Resilience } from "./snapshot.ts";

/** What holds in a project that declares no `resilience`. */
export const defaultResilience: Resilience = freezeDeep({
  maxAttempts: 3,
  timeouts: {},
  rescue: { holdBackChars: 0, continuation: true },
});

/** Fills in what a project does not say. */
export function toResilience({ maxAttempts, timeouts, rescue, hedge }: ResilienceOptions = {}): Resilience {
  return {
    maxAttempts: maxAttempts ?? defaultResilience.maxAttempts,
    timeouts: timeouts ?? defaultResilience.timeouts,
    ...(rescue === false ? {} : { rescue: { ...defaultResilience.rescue!, ...rescue } }),
    ...(hedge ? { hedge } : {}),
  };
}
