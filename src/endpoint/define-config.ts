import type { EndpointMap } from "./define-endpoint.ts";

/** Any server that speaks OpenAI Chat Completions: OpenAI, Groq, Mistral, DeepSeek, OpenRouter, vLLM, Ollama, llama.cpp. */
export interface OpenAiChatOptions {
  readonly type: "openai-chat";
  /** Up to and without `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Name of the environment variable that holds the key. Absent: no Authorization header. Keys are never stored. */
  readonly apiKeyEnv?: string;
  /** Set false for servers that reject `response_format: json_schema`. @default true */
  readonly hasSchemaMode?: boolean;
}

/** The built-in offline engine: extractive, deterministic, not an LLM. */
export interface LocalOptions {
  readonly type: "local";
}

export type ProviderOptions = OpenAiChatOptions | LocalOptions;

export interface ModelDefinition {
  /** A name in `providers`. */
  readonly provider: string;
  /** The provider's own name of the model. @default the entry's name */
  readonly model?: string;
}

export interface ConfigDefinition<Endpoints extends EndpointMap = {}> {
  /** Absent: `headgate dev` picks a provider and says which. */
  readonly providers?: Readonly<Record<string, ProviderOptions>>;
  readonly models?: Readonly<Record<string, ModelDefinition>>;
  /** Tier name (`fast`, `standard`, `smart`, ...) to a name in `models`. */
  readonly tiers?: Readonly<Record<string, string>>;
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
