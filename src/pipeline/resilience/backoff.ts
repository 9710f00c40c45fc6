import type { Clock } from "../../clock.ts";

export interface BackoffOptions {
  /** Upper bound of the first wait, doubled for each further one. @default 500 */
  readonly baseMs?: number;
  /** No wait is longer. @default 8000 */
  readonly capMs?: number;
}

/** The wait before retry number `retry` (from 1): exponential with full jitter, so that clients which failed together do not return together. */
export function computeBackoffMs(retry: number, clock: Pick<Clock, "random">, options: BackoffOptions = {}): number {
  const { baseMs = 500, capMs = 8000 } = options;
  return Math.floor(clock.random() * Math.min(capMs, baseMs * 2 ** (retry - 1)));
}
