import type { BudgetDefinition, RateLimitDefinition, TokenLimitsDefinition } from "./define-budget.ts";
import type { ReuseDefinition } from "./define-reuse.ts";
import type { RoutingDefinition } from "./define-routing.ts";
import { freezeMap } from "./freeze-deep.ts";
import type { Budget, EndpointReuse, RateLimit, Routing, TokenLimits } from "./snapshot.ts";

const windowMs = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const usualAlerts = [0.8, 1];

export function toBudgets(definitions: Readonly<Record<string, BudgetDefinition>>): readonly Budget[] {
  return Object.entries(definitions).map(([name, definition]) => toBudget(name, definition));
}

function toBudget(name: string, { usd, only, ...definition }: BudgetDefinition): Budget {
  return {
    ...definition,
    name,
    per: definition.per ?? "all",
    ...toOnly(only),
    ...(usd === undefined ? {} : { microUsd: Math.round(usd * 1_000_000) }),
    timeZone: definition.timeZone ?? "UTC",
    onExceeded: definition.onExceeded ?? "stop",
    alertAt: definition.alertAt ?? usualAlerts,
  };
}

export function toRateLimits(definitions: Readonly<Record<string, RateLimitDefinition>>): readonly RateLimit[] {
  return Object.entries(definitions).map(([name, definition]) => toRateLimit(name, definition));
}

function toRateLimit(name: string, { per, only, window, requests, tokens }: RateLimitDefinition): RateLimit {
  return {
    name,
    per: per ?? "key",
    ...toOnly(only),
    ...(requests === undefined ? {} : { requests }),
    ...(tokens === undefined ? {} : { tokens }),
    windowMs: windowMs[window],
  };
}

export function toTokenLimits(limits: TokenLimitsDefinition): TokenLimits {
  return { ...limits, onExceeded: limits.onExceeded ?? "refuse" };
}

/**
 * Measured on the pairs of test/semantic: none that mean something else pass the gates of words, however similar they
 * are. It is the second net, and leaves out one in 40 of those that mean the same and pass them.
 */
export const defaultSimilarity = 0.8;

export function toEndpointReuse({ ttlSeconds, semantic = false }: ReuseDefinition): EndpointReuse {
  if (semantic === false) return { ttlSeconds };
  const similarity = semantic === true ? undefined : semantic.similarity;
  return { ttlSeconds, semantic: { similarity: similarity ?? defaultSimilarity } };
}

export function toRouting({ sets, use }: RoutingDefinition): Routing {
  const entries = Object.entries(sets).map(
    ([version, { rules = [], otherwise }]) => [version, { version, rules, otherwise }] as const,
  );
  return { sets: freezeMap(entries), use };
}

function toOnly(only: string | readonly string[] | undefined): { readonly only?: ReadonlySet<string> } {
  return only === undefined ? {} : { only: new Set([only].flat()) };
}
