import type { EndpointMap } from "./define-endpoint.ts";
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

export interface ModelDefinition {
  /** A name in `providers`. */
  readonly provider: string;
  /** The provider's own name of the model. @default the entry's name */
  readonly model?: string;
  /** What the model costs, by whichever name it is called. @default what the price list says of the vendor's model */
  readonly price?: PriceOptions;
  /** Most tokens of input and answer together; only shown. @default what the price list says */
  readonly contextWindow?: number;
  /** What the model can do; only shown. @default what the price list lets conclude */
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

/** What happens to answers of the Responses API that their clients want kept (`store`, which they do by default). */
export interface ResponsesOptions {
  /**
   * For how long `previous_response_id` can go on with an answer, and `GET /v1/responses/{id}` gives it. 0 keeps nothing.
   * @default 30
   */
  readonly retentionDays?: number;
}

export interface ConfigDefinition<Endpoints extends EndpointMap = {}> {
  /** Absent: `headgate dev` picks a provider and says which. */
  readonly providers?: Readonly<Record<string, ProviderOptions>>;
  readonly models?: Readonly<Record<string, ModelDefinition>>;
  /** Tier name (`fast`, `standard`, `smart`, ...) to a name in `models`. */
  readonly tiers?: Readonly<Record<string, string>>;
  readonly responses?: ResponsesOptions;
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
