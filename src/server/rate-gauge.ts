import type { RateLimit } from "../endpoint/snapshot.ts";

/** Whom a request is from, and what it is for. Absent: it has none, and no limit of that kind. */
export interface RateSubject {
  readonly tenant: string;
  readonly keyId?: string;
  readonly keyName?: string;
  readonly team?: string;
  readonly endpoint?: string;
}

/** One number of a rate limit: its requests or its tokens a window. */
export interface RateGauge {
  readonly rule: RateLimit;
  readonly unit: "requests" | "tokens";
  readonly limit: number;
  /** A limit that is declared with other numbers counts anew. */
  readonly key: string;
}

const gaugesOf = new WeakMap<readonly RateLimit[], readonly RateGauge[]>();

export function listGauges(rules: readonly RateLimit[]): readonly RateGauge[] {
  const known = gaugesOf.get(rules);
  if (known) return known;
  const gauges = rules.flatMap((rule) =>
    (["requests", "tokens"] as const).flatMap((unit): readonly RateGauge[] => {
      const limit = rule[unit];
      if (limit === undefined) return [];
      return [{ rule, unit, limit, key: `${rule.name}:${unit} ${limit}/${rule.windowMs} ${rule.per} ` }];
    }),
  );
  gaugesOf.set(rules, gauges);
  return gauges;
}

/** Whose share of the limit a request takes; undefined: the limit does not concern it. */
export function findHolder({ per, only }: RateLimit, subject: RateSubject): string | undefined {
  const holder = per === "all" ? "" : subject[per === "key" ? "keyId" : per];
  if (holder === undefined || !only || only.has(holder)) return holder;
  return per === "key" && subject.keyName !== undefined && only.has(subject.keyName) ? holder : undefined;
}
