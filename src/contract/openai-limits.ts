import type { LimitHeaders, LimitState } from "./limit-state.ts";

/** `x-ratelimit-*` as OpenAI sends them, which gateways and clients between read. */
export function toOpenAiLimitHeaders(states: readonly LimitState[]): LimitHeaders {
  return Object.fromEntries(
    states.flatMap(({ unit, limit, remaining, fullMs }) => [
      [`x-ratelimit-limit-${unit}`, String(limit)],
      [`x-ratelimit-remaining-${unit}`, String(remaining)],
      [`x-ratelimit-reset-${unit}`, toDuration(Math.ceil(fullMs))],
    ]),
  );
}

/** As Go writes it: `120ms`, `1.5s`, `6m0s`. */
function toDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
