import type { Message, ModelSettings } from "../message.ts";
import type { CompiledSchema } from "./compile-schema.ts";
import type { BudgetDefinition, RateLimitDefinition, SubjectKind, TokenLimitsDefinition } from "./define-budget.ts";
import type { NormalizeOptions, RouteOptions, ValidateOptions } from "./define-endpoint.ts";
import type { ProjectReuseDefinition, ReuseDefinition } from "./define-reuse.ts";
import type { RuleSetDefinition, TaskKind } from "./define-routing.ts";
import type { HedgeOptions, ModelDefinition, ProviderOptions, RescueOptions, TimeoutOptions } from "./define-config.ts";

/** A prompt version, compiled once. */
export interface LoadedPrompt {
  /** Equals the file's name without `.prompt`. */
  readonly version: string;
  /** Of the file's bytes and of the partials it uses: changes whenever the rendered text could. */
  readonly sha256: string;
  readonly settings: ModelSettings;
  /** A tier or model named in the front matter; the endpoint's route rules win over it. */
  readonly model?: string;
  /** User text can never become another role: roles come from per-render random markers. */
  render(input: Readonly<Record<string, unknown>>): readonly Message[];
}

/** An endpoint's contract and policies, checked and with every default filled in. */
export interface LoadedEndpoint {
  readonly name: string;
  /** The N of `/api/{name}/vN`. */
  readonly contract: number;
  readonly description: string;
  readonly input: CompiledSchema;
  readonly output: CompiledSchema;
  readonly prompts: ReadonlyMap<string, LoadedPrompt>;
  /** The version that is served now. */
  readonly release: string;
  /** Absent: unknown. */
  readonly task?: TaskKind;
  readonly route: RouteOptions;
  readonly normalize: Required<Pick<NormalizeOptions, "html" | "overflow" | "whitespace">> & NormalizeOptions;
  readonly validate: Required<Pick<ValidateOptions, "reasks">> & ValidateOptions;
  /** Absent: only what the model takes. */
  readonly limits?: TokenLimits;
  /** Absent: no answer is used again. */
  readonly reuse?: EndpointReuse;
  /** What the contract answers when the model cannot: output fields, valid by `output`. */
  readonly fallback?: (input: unknown) => Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  /** Example input for the docs and for the ready-to-paste curl. */
  readonly example?: unknown;
}

/** One place where a model runs. */
export interface Deployment {
  /** A name in `providers`. */
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly model: string;
  /** Its share of the calls, against those of the model's other deployments. */
  readonly weight: number;
}

/** A model, and the places where it runs: one at least. */
export interface ModelEntry extends Omit<ModelDefinition, "provider" | "model" | "deployments"> {
  /** Its name in `models`, or `provider/model` for one that is not declared. */
  readonly name: string;
  readonly deployments: readonly Deployment[];
}

/** What holds for every model call, with every default filled in but those that hang on the call. */
export interface Resilience {
  readonly maxAttempts: number;
  readonly timeouts: TimeoutOptions;
  /** Absent: a stream that breaks once it was begun fails. */
  readonly rescue?: Required<RescueOptions>;
  /** Absent: no hedging. */
  readonly hedge?: HedgeOptions;
}

/** Most tokens of one request. */
export type TokenLimits = Omit<TokenLimitsDefinition, "onExceeded"> &
  Required<Pick<TokenLimitsDefinition, "onExceeded">>;

export interface EndpointReuse extends Pick<ReuseDefinition, "ttlSeconds"> {
  /** Absent: only the same request is answered again. */
  readonly semantic?: { readonly similarity: number };
}

/** Rule sets, and which of them is in force. */
export interface Routing {
  /** By version. */
  readonly sets: ReadonlyMap<string, RuleSet>;
  readonly use: string;
}

export interface RuleSet extends Required<RuleSetDefinition> {
  readonly version: string;
}

export interface Budget
  extends
    Required<Pick<BudgetDefinition, "window" | "timeZone" | "onExceeded" | "alertAt">>,
    Pick<BudgetDefinition, "tokens" | "downgradeTo" | "alertUrl" | "alertSecretEnv"> {
  readonly name: string;
  readonly per: SubjectKind;
  /** Absent: each. */
  readonly only?: ReadonlySet<string>;
  /** Absent: no limit in money. */
  readonly microUsd?: number;
}

export interface RateLimit extends Pick<RateLimitDefinition, "requests" | "tokens"> {
  readonly name: string;
  readonly per: SubjectKind;
  /** Absent: each. */
  readonly only?: ReadonlySet<string>;
  readonly windowMs: number;
}

/** Everything a project declares, read once, never changed: a reload makes a new one. */
export interface Snapshot {
  /** Short hash of the content; on every response and record. */
  readonly id: string;
  /** By `name/vN`. */
  readonly endpoints: ReadonlyMap<string, LoadedEndpoint>;
  readonly providers: ReadonlyMap<string, ProviderOptions>;
  /** By the name that clients and tiers use. */
  readonly models: ReadonlyMap<string, ModelEntry>;
  /** Tier name to names in `models`, in order of preference. */
  readonly tiers: ReadonlyMap<string, readonly string[]>;
  readonly resilience: Resilience;
  /** For how long answers of the Responses API are kept, in days; 0: not at all. @default 30 */
  readonly responseRetentionDays?: number;
  /** Absent: the rules that come with Headgate. */
  readonly routing?: Routing;
  /** Absent: none. */
  readonly budgets?: readonly Budget[];
  /** Absent: none. */
  readonly rateLimits?: readonly RateLimit[];
  /** Absent: every default. */
  readonly reuse?: ProjectReuseDefinition;
  /** For how long an `Idempotency-Key` gives the same answer again. Absent: 24. */
  readonly idempotencyHours?: number;
}
