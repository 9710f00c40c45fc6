import type { BudgetDefinition, RateLimitDefinition } from "./define-budget.ts";
import type { EndpointMap } from "./define-endpoint.ts";
import type { ProjectReuseDefinition } from "./define-reuse.ts";
import type { RoutingDefinition } from "./define-routing.ts";
import type { OpenAiVendor } from "./vendors.ts";

/** What every provider over HTTP takes. */
export interface HostedOptions {
  /** @default the vendor's own address */
  readonly baseUrl?: string;
  /** Name of the environment variable that holds the key. Keys are never stored. @default the vendor's usual one */
  readonly apiKeyEnv?: string;
  /** Sent with every request, such as `{ "anthropic-beta": "..." }`. Never for keys. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Any server that speaks OpenAI Chat Completions. `vendor` or `baseUrl` is needed. */
export interface OpenAiChatOptions extends HostedOptions {
  readonly type: "openai-chat";
  /** Brings address, name of the key and quirks. @default a server that does as OpenAI does */
  readonly vendor?: OpenAiVendor;
  /** Up to and without `/chat/completions`; for Azure the resource, such as `https://my-resource.openai.azure.com`. */
  readonly baseUrl?: string;
  /** Azure's `api-version`: then models are deployments. @default Azure's v1 API, which has none */
  readonly apiVersion?: string;
  /** Set false for servers that reject `response_format: json_schema`. @default what the vendor does, else true */
  readonly hasSchemaMode?: boolean;
}

/** OpenAI Responses, at OpenAI, Azure, xAI and others. */
export interface OpenAiResponsesOptions extends HostedOptions {
  readonly type: "openai-responses";
  /** @default "openai" */
  readonly vendor?: OpenAiVendor;
  /** Azure's `api-version`. @default Azure's v1 API, which has none */
  readonly apiVersion?: string;
}

/** Anthropic Messages. */
export interface AnthropicOptions extends HostedOptions {
  readonly type: "anthropic";
}

/** Gemini's generateContent, at Google AI Studio or, with `vertex`, on Vertex AI. */
export interface GeminiOptions extends HostedOptions {
  readonly type: "gemini";
  /** The key is then an access token of Google Cloud. */
  readonly vertex?: { readonly project: string; readonly location: string };
}

/** Amazon Bedrock's Converse. */
export interface BedrockOptions extends HostedOptions {
  readonly type: "bedrock";
  /** Such as `us-east-1`. */
  readonly region: string;
  /** A Bedrock API key, sent as Bearer. @default requests are signed with `credentialsEnv` */
  readonly apiKeyEnv?: string;
  /** Names of the variables with AWS credentials. @default AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if set, AWS_SESSION_TOKEN */
  readonly credentialsEnv?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Any model of the AI SDK (`ai`, `@ai-sdk/*`): the long tail. */
export interface AiSdkOptions {
  readonly type: "ai-sdk";
  /** Makes the language model (specification v2, v3 or v4) for a model's name, such as `(name) => cohere(name)`. */
  readonly languageModel: (name: string) => unknown;
  /** Makes the embedding model for a model's name. */
  readonly embeddingModel?: (name: string) => unknown;
}

/** The built-in offline engine: extractive, deterministic, not an LLM. */
export interface LocalOptions {
  readonly type: "local";
}

export type ProviderOptions =
  | OpenAiChatOptions
  | OpenAiResponsesOptions
  | AnthropicOptions
  | GeminiOptions
  | BedrockOptions
  | AiSdkOptions
  | LocalOptions;

/** One of several places where a model runs. */
interface DeploymentOptions {
  /** A name in `providers`. */
  readonly provider: string;
  /** The provider's own name of the model. @default the entry's name */
  readonly model?: string;
  /** Its share of the calls, against those of the other deployments. @default 1 */
  readonly weight?: number;
}

/** Either `provider` or `deployments` says where the model runs. */
export interface ModelDefinition {
  /** A name in `providers`. */
  readonly provider?: string;
  /** The provider's own name of the model. @default the entry's name */
  readonly model?: string;
  /** The same model in several places: calls are spread by weight, load and latency, and go on at another if one fails. */
  readonly deployments?: readonly DeploymentOptions[];
  /** @default those of `resilience` */
  readonly timeouts?: TimeoutOptions;
  /** What the model costs, by whichever name it is called. @default what the price list says of the vendor's model */
  readonly price?: PriceOptions;
  /** Most tokens of input and answer together: where a prompt is too long, the tier's next model with more is asked. @default what the price list says, where it is shown */
  readonly contextWindow?: number;
  /** What the model can do. `reasoning` makes for longer timeouts where none are declared; the rest is only shown. @default what the price list lets conclude */
  readonly capabilities?: readonly ModelCapability[];
}

/** Prices of one's own, in US dollars. They hold at every service tier. */
export interface PriceOptions {
  readonly inputPerMillionUsd: number;
  /** 0 for a model that only embeds. */
  readonly outputPerMillionUsd: number;
  /** Of input that was read from a cache. @default as other input */
  readonly cachedInputPerMillionUsd?: number;
  /** Of input that was written to a cache. @default as other input */
  readonly cacheWritePerMillionUsd?: number;
  /** On top, for each model call. @default 0 */
  readonly perRequestUsd?: number;
}

export const modelCapabilities = [
  "tools",
  "json-schema",
  "reasoning",
  "images",
  "files",
  "audio",
  "caching",
  "embeddings",
] as const;

export type ModelCapability = (typeof modelCapabilities)[number];

/** Limits of a single model call, in milliseconds. The request's own deadline holds over all of them. */
export interface TimeoutOptions {
  /** From the request to the first content of a stream. Pings, comments and empty deltas are none. @default 60,000; where another model or deployment stands by at most half of the time left, and 10,000 for a model that does not think */
  readonly firstTokenMs?: number;
  /** Between one piece of content of a stream and the next. @default 60,000; where another model or deployment stands by 15,000 for a model that does not think */
  readonly betweenContentMs?: number;
  /** From the request to the end of an answer that is not streamed. @default the request's deadline; where another model or deployment stands by at most half of the time left, and 60,000 for a model that does not think, else 300,000 */
  readonly wholeAnswerMs?: number;
}

/** What happens to a stream that breaks once its client has begun to see it. */
export interface RescueOptions {
  /** Content is held back until it has this many characters, so that a stream that breaks before starts over unseen. It delays the first word. @default 0 */
  readonly holdBackChars?: number;
  /** Another model call may be asked to go on from where the text stopped. Off: only an answer that agrees with what was sent takes over. @default true */
  readonly continuation?: boolean;
}

/** Calls a second deployment beside one that is slow to begin, and takes whichever answers first. */
export interface HedgeOptions {
  /** How long the first may take to begin, in milliseconds. */
  readonly afterMs: number;
  /** Most that hedges may cost in any hour, in US dollars, for this process. Without a known price there is no hedge. */
  readonly maxUsdPerHour: number;
}

/** What happens when a model call fails. */
export interface ResilienceOptions {
  /** Model calls for one request: the first, and whatever failures lead to. Re-asks count, and are made all the same. 1 to 3. @default 3 */
  readonly maxAttempts?: number;
  readonly timeouts?: TimeoutOptions;
  /** False: a stream that breaks ends with an error. @default {} */
  readonly rescue?: RescueOptions | false;
  /** @default none */
  readonly hedge?: HedgeOptions;
}

/** What happens to answers of the Responses API that their clients want kept (`store`, which they do by default). */
export interface ResponsesOptions {
  /**
   * For how long `previous_response_id` can go on with an answer, and `GET /v1/responses/{id}` gives it. 0 keeps nothing.
   * @default 30
   */
  readonly retentionDays?: number;
}

/** What happens to answers of requests with an `Idempotency-Key`. */
interface IdempotencyOptions {
  /** For how long a key gives the same answer again. At least 24. @default 24 */
  readonly retentionHours?: number;
}

export interface ConfigDefinition<Endpoints extends EndpointMap = {}> {
  /** Absent: `headgate dev` picks a provider and says which. */
  readonly providers?: Readonly<Record<string, ProviderOptions>>;
  readonly models?: Readonly<Record<string, ModelDefinition>>;
  /** Tier name (`fast`, `standard`, `smart`, ...) to a name in `models`, or several in order of preference. */
  readonly tiers?: Readonly<Record<string, string | readonly string[]>>;
  readonly resilience?: ResilienceOptions;
  readonly responses?: ResponsesOptions;
  /** @default classification, extraction and prompts below 500 tokens: `fast`; coding, analysis and prompts above 2,000: `smart`; others: `standard` */
  readonly routes?: RoutingDefinition;
  /** By name, which errors, alerts and reports tell. */
  readonly budgets?: Readonly<Record<string, BudgetDefinition>>;
  /** By name, which errors and headers tell. */
  readonly limits?: Readonly<Record<string, RateLimitDefinition>>;
  readonly reuse?: ProjectReuseDefinition;
  readonly idempotency?: IdempotencyOptions;
  /** Endpoints in code, by name. One that the project folder has too is the folder's: here it only carries the types. */
  readonly endpoints?: Endpoints;
  /** Project folder to read as well. Only for the library: the command line has `--project`. */
  readonly project?: string;
}

/** Declares a project. Gives the literal its types and changes nothing. */
export function defineConfig<const Endpoints extends EndpointMap = {}>(
  config: ConfigDefinition<Endpoints>,
): ConfigDefinition<Endpoints> {
  return config;
}
