/** What has a budget or a limit of its own: each key, team, endpoint or tenant, or all calls together. */
export const subjects = ["key", "team", "endpoint", "tenant", "all"] as const;

export type SubjectKind = (typeof subjects)[number];

export const budgetWindows = ["minute", "hour", "day", "month"] as const;

type BudgetWindow = (typeof budgetWindows)[number];

/** How much calls may cost in a window of the calendar. One of `usd` and `tokens` at least. */
export interface BudgetDefinition {
  /** @default "all" */
  readonly per?: SubjectKind;
  /** Only these: ids or names of keys, names of teams, endpoints or tenants. @default each */
  readonly only?: string | readonly string[];
  /** Most US dollars a window; fractions down to a micro-dollar. */
  readonly usd?: number;
  /** Most tokens a window, input and output together. */
  readonly tokens?: number;
  readonly window: BudgetWindow;
  /** IANA name of the time zone whose calendar counts. @default "UTC" */
  readonly timeZone?: string;
  /**
   * `stop`: calls that could go beyond are refused (`budget_exceeded`). `downgrade`: they go to `downgradeTo`, and count.
   * `warn`: they go on, and only the alerts tell. @default "stop"
   */
  readonly onExceeded?: "stop" | "downgrade" | "warn";
  /** A tier or model, for `downgrade`. */
  readonly downgradeTo?: string;
  /** Shares of the limit at which `alertUrl` is told, each once a window. @default [0.8, 1] */
  readonly alertAt?: readonly number[];
  /** Gets signed webhooks (Standard Webhooks). @default no alerts but log lines */
  readonly alertUrl?: string;
  /** Name of the environment variable with the webhook's secret (`whsec_...`). Needed with `alertUrl`. */
  readonly alertSecretEnv?: string;
}

/** How many requests, or tokens, a window takes, spread evenly: a rate limit. One of `requests` and `tokens` at least. */
export interface RateLimitDefinition {
  /** @default "key" */
  readonly per?: SubjectKind;
  /** As of a budget. @default each */
  readonly only?: string | readonly string[];
  readonly requests?: number;
  /** Input and output together: estimated when a request comes in, corrected when it ends. */
  readonly tokens?: number;
  readonly window: "second" | "minute" | "hour" | "day";
}

/** Most tokens (estimated by the model's encoding) of one request of an endpoint. */
export interface TokenLimitsDefinition {
  /** Of the whole prompt: instructions, input and tools. */
  readonly inputTokens?: number;
  /** Of an answer. */
  readonly outputTokens?: number;
  /** Of both together. */
  readonly totalTokens?: number;
  /**
   * `refuse`: a request that asks for more gets `input_too_long` or `output_too_long`. `reduce`: the longest text of the
   * input is cut at its end, and the answer's limit lowered. @default "refuse"
   */
  readonly onExceeded?: "refuse" | "reduce";
}
