/** What usage can be told by. `key`: a key's id. */
export const usageDimensions = [
  "tenant",
  "key",
  "team",
  "endpoint",
  "surface",
  "tier",
  "provider",
  "model",
  "cache",
] as const;

export type UsageDimension = (typeof usageDimensions)[number];

export interface UsageSums {
  readonly requests: number;
  /** Of them, those that failed; a request that its client has cancelled did not. */
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  /** Of the requests whose price is known. */
  readonly costMicroUsd: number;
  /** Requests with a model call whose price is unknown. */
  readonly unpricedRequests: number;
  readonly savedInputTokens: number;
  readonly savedOutputTokens: number;
  readonly savedMicroUsd: number;
}

export interface UsageQuery {
  /** In order: the windows begin here, and each ends where the next begins. An hour (UTC) belongs to the one that it begins in. */
  readonly startsMs: readonly number[];
  /** Where the last window ends. */
  readonly endMs: number;
  readonly by: readonly UsageDimension[];
  /** Only these. */
  readonly only?: Partial<Readonly<Record<UsageDimension, string>>>;
  /** Most names of `by` together that are told apart, those that cost the most; all others are one. */
  readonly limit: number;
}

export interface UsageRow extends UsageSums {
  /** The window, counted from 0. */
  readonly window: number;
  /** In the order of `by`, with null where requests have none. Absent: of all that the limit leaves out. */
  readonly names?: readonly (string | null)[];
  /** The first hour of it that has anything. */
  readonly firstMs: number;
}

/** Records, added up by the hour: in the store with them, or not at all. */
export interface UsageStore {
  /** By windows, and in each what costs the most first. What there was nothing of has no row. */
  sumUsage(query: UsageQuery): Promise<readonly UsageRow[]>;
}
