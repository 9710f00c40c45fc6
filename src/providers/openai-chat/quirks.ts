import { openAiVendors, type OpenAiVendor } from "../../endpoint/vendors.ts";
import type { ModelSettings, ReasoningEffort } from "../../message.ts";
import { modelFamilies, type ModelFamily } from "./model-families.ts";

/** What a vendor may not offer: settings, and finer points of tools and schemas. */
export type Lackable =
  | Exclude<keyof ModelSettings, "maxOutputTokens" | "reasoningTokens" | "stop">
  | "stop"
  | "strictTools"
  | "namedToolChoice";

/** How a vendor differs from OpenAI. Everything that is not here is done as OpenAI does. */
export interface Quirks {
  /** What warnings call the vendor. */
  readonly label: string;
  /** OpenAI and Azure name the limit `max_completion_tokens`; others know `max_tokens` only. */
  readonly limitField: "max_completion_tokens" | "max_tokens";
  readonly auth: "bearer" | "api-key";
  /** How requests find their way: Azure has deployments and an `api-version`. */
  readonly addressing: "plain" | "azure";
  /** `schema`: `json_schema`. `object`: JSON without a schema. `none`: neither. The schema then goes into the prompt. */
  readonly json: "schema" | "object" | "none";
  /** False: a request with tools may not ask for JSON as well. */
  readonly hasJsonWithTools: boolean;
  readonly hasTools: boolean;
  /** Left out with a warning. */
  readonly lacks: readonly Lackable[];
  /** `always`: usage comes unasked, and asking is an error. */
  readonly streamUsage: "asked" | "always";
  /** False: streams end with `[DONE]` and never say why. */
  readonly saysReason: boolean;
  readonly seedField: "seed" | "random_seed";
  readonly userField: "user" | "user_id";
  /** `count`: `logprobs` is the number of alternatives. */
  readonly logprobs: "flag" | "count";
  /** The word for a tool call that must come. */
  readonly requiredToolChoice: "required" | "any";
  /** `thinking`: switched by an object, with an effort beside it. `reasoning`: an object with effort or tokens. */
  readonly effortField: "reasoning_effort" | "thinking" | "reasoning";
  /** Efforts that are known; the nearest is taken. Absent: all are passed on. */
  readonly efforts?: readonly ReasoningEffort[];
  /** Where the vendor's word for an effort is another. */
  readonly effortWords?: Readonly<Partial<Record<ReasoningEffort, string>>>;
  /** How reasoning of earlier turns is handed back; `latest`: only that since the last message of the user. */
  readonly reasoningBack: "none" | "reasoning" | "reasoning_content" | "latest" | "reasoning_details" | "thinking";
  /**
   * What of reasoning the vendor's own answers can hold: whatever else a client hands back is of another vendor, and left
   * out when its body is forwarded. `text`: no `reasoning_details`. `anything`: a server that is not known, or a router.
   */
  readonly ownReasoning: "none" | "text" | "anything";
  /** Every turn of the assistant needs `reasoning_content`, be it empty. */
  readonly needsReasoningBack: boolean;
  /** Tool calls carry Gemini's thought signatures. */
  readonly hasSignatures: boolean;
  /** The prompt is cached up to where it says so. */
  readonly hasCacheControl: boolean;
  readonly images: "any" | "inline" | "none";
  readonly files: "file" | "file-or-url" | "document_url" | "file_url" | "none";
  readonly audio: "any" | "inline" | "none";
  /** False: images of tool results follow in a message of the user. */
  readonly hasImagesInToolResults: boolean;
  readonly systemRole: "system" | "developer";
  /** Temperature, top P and log-probabilities only without reasoning. */
  readonly samplesWithoutReasoningOnly: boolean;
  /** Tools only without reasoning. */
  readonly toolsWithoutReasoningOnly: boolean;
  /** Absent: the vendor has no embeddings. */
  readonly embeddings?: { readonly dimensionsField: "dimensions" | "output_dimension" };
  /** Absent: the vendor has no moderation. `flags`: each result says whether it is flagged, as OpenAI's do. */
  readonly moderations?: { readonly flags: boolean };
  /** Models that differ from the vendor's others; the first that matches holds. */
  readonly families: readonly ModelFamily[];
}

const openAiStyle: Omit<Quirks, "label"> = {
  limitField: "max_tokens",
  auth: "bearer",
  addressing: "plain",
  json: "schema",
  hasJsonWithTools: true,
  hasTools: true,
  lacks: [],
  streamUsage: "asked",
  saysReason: true,
  seedField: "seed",
  userField: "user",
  logprobs: "flag",
  requiredToolChoice: "required",
  effortField: "reasoning_effort",
  reasoningBack: "none",
  ownReasoning: "text",
  needsReasoningBack: false,
  hasSignatures: false,
  hasCacheControl: false,
  images: "any",
  files: "none",
  audio: "none",
  hasImagesInToolResults: false,
  systemRole: "system",
  samplesWithoutReasoningOnly: false,
  toolsWithoutReasoningOnly: false,
  families: [],
};

const embeddings = { dimensionsField: "dimensions" } as const;
const openWeights = ["verbosity", "serviceTier", "user"] as const satisfies readonly Lackable[];
const lowToHigh = ["low", "medium", "high"] as const satisfies readonly ReasoningEffort[];

/** A server that is not known: what most do that follow OpenAI. */
const compatible: Quirks = {
  ...openAiStyle,
  label: "the provider",
  reasoningBack: "reasoning_content",
  ownReasoning: "anything",
  files: "file",
  audio: "inline",
  embeddings,
};

const openAi: Quirks = {
  ...openAiStyle,
  label: "OpenAI",
  limitField: "max_completion_tokens",
  lacks: ["topK"],
  ownReasoning: "none",
  files: "file",
  audio: "inline",
  embeddings,
  moderations: { flags: true },
  families: modelFamilies.openai,
};

/** Every vendor's differences. Each is documented on the vendor's page under docs/providers/. */
export const vendorQuirks: Readonly<Record<OpenAiVendor | "google" | "snowflake", Quirks>> = {
  openai: openAi,
  azure: {
    ...openAi,
    label: "Azure",
    auth: "api-key",
    addressing: "azure",
    // It serves other vendors' models as well.
    ownReasoning: "text",
    files: "none",
    moderations: undefined,
  },
  groq: {
    ...openAiStyle,
    label: "Groq",
    json: "object",
    hasJsonWithTools: false,
    lacks: ["topK", "topLogprobs", "verbosity", "reasoningEffort"],
    reasoningBack: "reasoning",
    families: modelFamilies.groq,
  },
  mistral: {
    ...openAiStyle,
    label: "Mistral",
    lacks: ["topK", "topLogprobs", "verbosity", "user", "serviceTier"],
    streamUsage: "always",
    seedField: "random_seed",
    requiredToolChoice: "any",
    efforts: ["none", "high"],
    reasoningBack: "thinking",
    files: "document_url",
    audio: "any",
    hasImagesInToolResults: true,
    embeddings: { dimensionsField: "output_dimension" },
    moderations: { flags: false },
    families: modelFamilies.mistral,
  },
  deepseek: {
    ...openAiStyle,
    label: "DeepSeek",
    json: "object",
    lacks: ["topK", "seed", "presencePenalty", "frequencyPenalty", "parallelToolCalls", "verbosity", "serviceTier"],
    userField: "user_id",
    effortField: "thinking",
    efforts: ["none", "low", "high", "max"],
    reasoningBack: "latest",
    families: modelFamilies.deepseek,
  },
  xai: {
    ...openAiStyle,
    label: "xAI",
    limitField: "max_completion_tokens",
    lacks: ["topK", "verbosity", "serviceTier"],
    families: modelFamilies.xai,
  },
  openrouter: {
    ...openAiStyle,
    label: "OpenRouter",
    effortField: "reasoning",
    efforts: ["none", "minimal", "low", "medium", "high", "xhigh"],
    reasoningBack: "reasoning_details",
    ownReasoning: "anything",
    hasCacheControl: true,
    files: "file-or-url",
    audio: "inline",
    embeddings,
  },
  together: {
    ...openAiStyle,
    label: "Together",
    lacks: openWeights,
    logprobs: "count",
    efforts: lowToHigh,
    reasoningBack: "reasoning",
    embeddings,
  },
  fireworks: {
    ...openAiStyle,
    label: "Fireworks",
    lacks: ["verbosity"],
    efforts: ["none", ...lowToHigh],
    reasoningBack: "reasoning_content",
    embeddings,
  },
  perplexity: {
    ...openAiStyle,
    label: "Perplexity",
    hasTools: false,
    lacks: ["stop", "seed", "topLogprobs", "jsonMode", "reasoningEffort", ...openWeights],
    files: "file_url",
    families: modelFamilies.perplexity,
  },
  cerebras: {
    ...openAiStyle,
    label: "Cerebras",
    limitField: "max_completion_tokens",
    lacks: ["topK", "presencePenalty", "frequencyPenalty", "verbosity"],
    efforts: ["none", ...lowToHigh],
    reasoningBack: "reasoning",
    images: "none",
    families: modelFamilies.cerebras,
  },
  vllm: {
    ...openAiStyle,
    label: "vLLM",
    lacks: openWeights,
    efforts: ["none", ...lowToHigh],
    reasoningBack: "reasoning",
    audio: "inline",
    embeddings,
  },
  ollama: {
    ...openAiStyle,
    label: "Ollama",
    lacks: ["topK", "parallelToolCalls", "strictTools", ...openWeights],
    efforts: ["none", ...lowToHigh],
    reasoningBack: "reasoning",
    embeddings,
  },
  "llama-cpp": {
    ...openAiStyle,
    label: "llama.cpp",
    lacks: ["reasoningEffort", "namedToolChoice", "strictTools", ...openWeights],
    reasoningBack: "reasoning_content",
    audio: "inline",
    embeddings,
  },
  // Gemini and Vertex behind Google's own OpenAI address; no `vendor` is called so, since `type: "gemini"` is the way.
  google: {
    ...openAiStyle,
    label: "Google",
    lacks: ["topK", "seed", "verbosity", "serviceTier", "user", "topLogprobs", "strictTools"],
    efforts: ["none", "minimal", ...lowToHigh],
    hasSignatures: true,
    images: "inline",
    audio: "inline",
    embeddings,
  },
  // Cortex; each account has a host of its own.
  snowflake: { ...compatible, label: "Snowflake", saysReason: false },
};

const otherHosts: Readonly<Record<string, keyof typeof vendorQuirks>> = {
  "api.together.ai": "together",
  "generativelanguage.googleapis.com": "google",
};

// Regional hosts are named after the main one.
const hostSuffixes: readonly (readonly [suffix: string, name: keyof typeof vendorQuirks])[] = [
  [".openai.azure.com", "azure"],
  [".services.ai.azure.com", "azure"],
  [".cognitiveservices.azure.com", "azure"],
  [".api.openai.com", "openai"],
  [".api.x.ai", "xai"],
  ["aiplatform.googleapis.com", "google"],
  [".snowflakecomputing.com", "snowflake"],
];

/** By the vendor that the config names, else by the host. */
export function findQuirks(vendor: OpenAiVendor | undefined, { hostname }: URL): Quirks {
  const name = vendor ?? hostNames.get(hostname) ?? hostSuffixes.find(([suffix]) => hostname.endsWith(suffix))?.[1];
  return name === undefined ? compatible : vendorQuirks[name];
}

const hostNames: ReadonlyMap<string, keyof typeof vendorQuirks> = new Map([
  ...Object.entries(openAiVendors).flatMap(([name, entry]): [string, OpenAiVendor][] => {
    const hostname = "baseUrl" in entry ? new URL(entry.baseUrl).hostname : "127.0.0.1";
    // A port says nothing of who listens.
    return hostname === "127.0.0.1" ? [] : [[hostname, name as OpenAiVendor]];
  }),
  ...Object.entries(otherHosts),
]);

/** The vendor's quirks for one of its models. */
export function forModel(quirks: Quirks, model: string): Quirks {
  const family = quirks.families.find(({ match }) => match.test(model));
  if (!family) return quirks;
  const { lacks = [], offers = [], match: _match, ...changes } = family;
  return { ...quirks, ...changes, lacks: [...quirks.lacks.filter((name) => !offers.includes(name)), ...lacks] };
}
