import type { LimitHeaders, LimitState } from "../limit-state.ts";

/** `anthropic-ratelimit-*` as Anthropic sends them, which gateways and clients between read. */
export function toAnthropicLimitHeaders(states: readonly LimitState[], nowMs: number): LimitHeaders {
  return Object.fromEntries(
    states.flatMap(({ unit, limit, remaining, fullMs }) => [
      [`anthropic-ratelimit-${unit}-limit`, String(limit)],
      [`anthropic-ratelimit-${unit}-remaining`, String(remaining)],
      [`anthropic-ratelimit-${unit}-reset`, toSecond(nowMs + fullMs)],
    ]),
  );
}

/** RFC 3339 without a fraction, rounded up. */
function toSecond(atMs: number): string {
  return new Date(Math.ceil(atMs / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
