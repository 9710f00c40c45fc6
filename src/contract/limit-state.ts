/** How a rate limit stands after a request, for the headers that tell it. */
export interface LimitState {
  /** Of requests or tokens: a limit of both has two. */
  readonly name: string;
  readonly unit: "requests" | "tokens";
  /** Units a window. */
  readonly limit: number;
  readonly windowMs: number;
  readonly remaining: number;
  /** Until one more is there. */
  readonly nextMs: number;
  /** Until all are there. */
  readonly fullMs: number;
}

/** Headers by name. */
export type LimitHeaders = Readonly<Record<string, string>>;

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4). Tokens are a quota unit
 * that its registry does not have.
 */
export function toStandardLimitHeaders(states: readonly LimitState[]): LimitHeaders {
  const policies = states.map(
    ({ name, unit, limit, windowMs }) =>
      `"${name}";q=${limit}${unit === "requests" ? "" : `;qu="${unit}"`};w=${Math.ceil(windowMs / 1000)}`,
  );
  const left = states.map(({ name, remaining, nextMs }) => `"${name}";r=${remaining};t=${Math.ceil(nextMs / 1000)}`);
  return { "RateLimit-Policy": policies.join(", "), RateLimit: left.join(", ") };
}
