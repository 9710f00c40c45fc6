import type { ProviderLimit, ProviderLimits } from "../../../providers/provider.ts";

/** As for a `Retry-After`: what is said of a longer time is asked for again. */
const mostKnownMs = 60_000;

interface Known {
  readonly limit?: number;
  remaining: number;
  readonly resetAtMs: number;
}

/** What a provider has said is left of its rate limits. Nothing is known of them once they are reset. */
export class ProviderQuota {
  #requests: Known | undefined;
  #tokens: Known | undefined;

  /** What an answer tells wins over what was known; what it does not tell stays. */
  learn({ requests, tokens }: ProviderLimits, nowMs: number): void {
    if (requests) this.#requests = toKnown(requests, nowMs);
    if (tokens) this.#tokens = toKnown(tokens, nowMs);
  }

  /** A call goes out: until its answer tells more, it counts as taken. */
  take(promptTokens: () => number): void {
    if (this.#requests) this.#requests.remaining = Math.max(0, this.#requests.remaining - 1);
    if (this.#tokens) this.#tokens.remaining = Math.max(0, this.#tokens.remaining - promptTokens());
  }

  /** When a call that would be refused now can be made, in milliseconds since the epoch; undefined: now. */
  usedUpUntilMs(nowMs: number, promptTokens: () => number): number | undefined {
    const requests = inForce(this.#requests, nowMs);
    const tokens = inForce(this.#tokens, nowMs);
    const isOut = requests !== undefined && requests.remaining < 1;
    const isShort = tokens !== undefined && tokens.remaining < Math.max(1, promptTokens());
    if (!isOut && !isShort) return undefined;
    return Math.max(isOut ? requests.resetAtMs : 0, isShort ? tokens.resetAtMs : 0);
  }

  /** Undefined: nothing is known. */
  report(nowMs: number): ProviderLimits | undefined {
    const requests = inForce(this.#requests, nowMs);
    const tokens = inForce(this.#tokens, nowMs);
    if (!requests && !tokens) return undefined;
    return { ...(requests ? { requests: { ...requests } } : {}), ...(tokens ? { tokens: { ...tokens } } : {}) };
  }
}

function toKnown({ resetAtMs, ...limit }: ProviderLimit, nowMs: number): Known {
  return { ...limit, resetAtMs: Math.min(resetAtMs, nowMs + mostKnownMs) };
}

function inForce(known: Known | undefined, nowMs: number): Known | undefined {
  if (!known) return undefined;
  const leftMs = known.resetAtMs - nowMs;
  // Longer than was known at first: the clock was set back.
  return leftMs > 0 && leftMs <= mostKnownMs ? known : undefined;
}
