import type { ProviderOptions } from "./define-config.ts";

/** Where a vendor serves and what its key is usually called. */
interface Vendor {
  /** Absent: each customer has an address of its own. */
  readonly baseUrl?: string;
  /** Absent: no key is needed. */
  readonly apiKeyEnv?: string;
}

/** Vendors that speak OpenAI's dialects, by the name that `vendor` takes. */
export const openAiVendors = {
  openai: { baseUrl: "https://api.openai.com/v1", apiKeyEnv: "OPENAI_API_KEY" },
  azure: { apiKeyEnv: "AZURE_OPENAI_API_KEY" },
  groq: { baseUrl: "https://api.groq.com/openai/v1", apiKeyEnv: "GROQ_API_KEY" },
  mistral: { baseUrl: "https://api.mistral.ai/v1", apiKeyEnv: "MISTRAL_API_KEY" },
  deepseek: { baseUrl: "https://api.deepseek.com/v1", apiKeyEnv: "DEEPSEEK_API_KEY" },
  xai: { baseUrl: "https://api.x.ai/v1", apiKeyEnv: "XAI_API_KEY" },
  openrouter: { baseUrl: "https://openrouter.ai/api/v1", apiKeyEnv: "OPENROUTER_API_KEY" },
  together: { baseUrl: "https://api.together.xyz/v1", apiKeyEnv: "TOGETHER_API_KEY" },
  fireworks: { baseUrl: "https://api.fireworks.ai/inference/v1", apiKeyEnv: "FIREWORKS_API_KEY" },
  perplexity: { baseUrl: "https://api.perplexity.ai", apiKeyEnv: "PERPLEXITY_API_KEY" },
  cerebras: { baseUrl: "https://api.cerebras.ai/v1", apiKeyEnv: "CEREBRAS_API_KEY" },
  vllm: { baseUrl: "http://127.0.0.1:8000/v1" },
  ollama: { baseUrl: "http://127.0.0.1:11434/v1" },
  "llama-cpp": { baseUrl: "http://127.0.0.1:8080/v1" },
} as const satisfies Record<string, Vendor>;

export type OpenAiVendor = keyof typeof openAiVendors;

const otherVendors: Readonly<Record<"anthropic" | "gemini" | "bedrock", Vendor>> = {
  anthropic: { baseUrl: "https://api.anthropic.com", apiKeyEnv: "ANTHROPIC_API_KEY" },
  gemini: { baseUrl: "https://generativelanguage.googleapis.com/v1beta", apiKeyEnv: "GEMINI_API_KEY" },
  bedrock: {},
};

/** Undefined for what has no address: engines inside the process. */
export function findBaseUrl(options: ProviderOptions): string | undefined {
  if (options.type === "local" || options.type === "ai-sdk") return undefined;
  if (options.baseUrl !== undefined) return options.baseUrl;
  if (options.type === "bedrock") return `https://bedrock-runtime.${options.region}.amazonaws.com`;
  if (options.type === "gemini" && options.vertex) return toVertexUrl(options.vertex);
  return findVendor(options)?.baseUrl;
}

/** The variable of the environment that holds the key; undefined where no single key is sent. */
export function findKeyName(options: ProviderOptions): string | undefined {
  if (options.type === "local" || options.type === "ai-sdk") return undefined;
  if (options.apiKeyEnv !== undefined) return options.apiKeyEnv;
  // A custom address without a vendor is a server that wants no key, or one of its own: the vendor's is not for it.
  const isOpenAi = options.type === "openai-chat" || options.type === "openai-responses";
  if (isOpenAi && options.baseUrl !== undefined && options.vendor === undefined) return undefined;
  return findVendor(options)?.apiKeyEnv;
}

function findVendor(options: Exclude<ProviderOptions, { type: "local" | "ai-sdk" }>): Vendor | undefined {
  if (options.type === "openai-responses") return openAiVendors[options.vendor ?? "openai"];
  if (options.type === "openai-chat") return options.vendor && openAiVendors[options.vendor];
  return otherVendors[options.type];
}

function toVertexUrl({ project, location }: { readonly project: string; readonly location: string }): string {
  const host = location === "global" ? "aiplatform.googleapis.com" : `${location}-aiplatform.googleapis.com`;
  return `https://${host}/v1/projects/${project}/locations/${location}/publishers/google`;
}
