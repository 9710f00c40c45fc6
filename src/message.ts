import type { JsonSchema } from "./json.ts";

/** What is said to a model, and how it is to answer. */

export type Role = "system" | "user" | "assistant" | "tool";

/** How long a provider should keep the prompt up to here cached. Only Anthropic's models are told; others cache by themselves. */
export type CacheTtl = "5m" | "1h";

/** A piece of a message. Every `url` is a `data:` URL with base64, or one that the provider can reach. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string; readonly cacheTtl?: CacheTtl }
  | {
      readonly type: "image";
      readonly url: string;
      readonly mimeType?: string;
      readonly detail?: "auto" | "low" | "high";
      readonly cacheTtl?: CacheTtl;
    }
  | {
      readonly type: "file";
      readonly url: string;
      /** @default what the URL says, else `application/pdf` */
      readonly mimeType?: string;
      readonly name?: string;
      readonly cacheTtl?: CacheTtl;
    }
  | { readonly type: "audio"; readonly url: string; readonly mimeType: string };

/**
 * A stretch of the model's reasoning, to be handed back with the next turn. What it seals can be read only by the vendor
 * that wrote it; others get the turn without it.
 */
export interface ReasoningBlock {
  readonly vendor: "anthropic" | "openai" | "google" | "other";
  /** What may be shown; "" where all is sealed. */
  readonly text: string;
  /** Proof that the text is the model's own (Anthropic's `signature`, Gemini's `thoughtSignature`). */
  readonly signature?: string;
  /** Reasoning that only the vendor can read (Anthropic's `redacted_thinking`, OpenAI's `encrypted_content`). */
  readonly encrypted?: string;
  /** OpenAI's id of the reasoning item. */
  readonly id?: string;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model wrote it. */
  readonly arguments: string;
  /** Gemini's `thoughtSignature`, to be handed back with the call. */
  readonly signature?: string;
}

/** In a turn of the assistant reasoning comes first, then content, then tool calls. */
export interface Message {
  readonly role: Role;
  readonly content: string | readonly ContentPart[];
  readonly reasoning?: readonly ReasoningBlock[];
  readonly toolCalls?: readonly ToolCall[];
  /** For role `tool`: the call that the content is the result of. */
  readonly toolCallId?: string;
  /** For role `tool`: the tool failed, and the content says how. */
  readonly isError?: boolean;
}

/** How hard a model should think. Vendors know some of these; of what was asked for by name the nearest is taken, with a warning. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** What a prompt or a client may set on a model call. Absent means the provider's default. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly reasoningEffort?: ReasoningEffort;
  /** Most tokens to think with. Providers that know only one of the two derive it from the other, without a warning. */
  readonly reasoningTokens?: number;
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string };
  /** False: at most one tool call a turn. */
  readonly parallelToolCalls?: boolean;
  /** Log-probabilities of each output token, and of this many alternatives (0 to 20). */
  readonly topLogprobs?: number;
  /** Any JSON object, without a schema. `output` wins over it. */
  readonly jsonMode?: boolean;
  readonly verbosity?: "low" | "medium" | "high";
  readonly serviceTier?: string;
  /** The end user, as an opaque id, for the vendor's abuse detection. */
  readonly user?: string;
}

/** The structure that the answer must have, for providers with a JSON Schema mode. */
export interface OutputFormat {
  readonly name: string;
  readonly description?: string;
  readonly schema: JsonSchema;
  /** Vendors' strict mode. @default decided by what the schema uses */
  readonly isStrict?: boolean;
}

export interface ToolSpec {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
  readonly isStrict?: boolean;
  readonly cacheTtl?: CacheTtl;
}
