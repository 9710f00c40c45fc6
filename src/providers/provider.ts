import type { Dialect, ForeignRequest } from "../call.ts";
import type { Message, ModelSettings, OutputFormat, ToolSpec } from "../message.ts";
import type { ModerationResult, Reply, Usage } from "../reply.ts";

/** One model call, in Headgate's own words. */
export interface ModelRequest {
  /** The provider's own name of the model. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: OutputFormat;
  readonly tools?: readonly ToolSpec[];
  /** Given to a provider of its dialect only: forwarded as it is (with `model` replaced), and bytes come back untouched. */
  readonly foreign?: ForeignRequest;
  /** The answer is to be read into parts, even where `foreign` would have it pass as bytes. */
  readonly wantsParts?: boolean;
  readonly stream: boolean;
}

export interface EmbedRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  /** Length of each vector, for models that can shorten them. */
  readonly dimensions?: number;
  readonly foreign?: ForeignRequest;
}

export interface EmbedAnswer {
  /** One for each input, in order; empty where `raw` is given. */
  readonly vectors: readonly (readonly number[])[];
  readonly usage?: Usage;
  /** Untouched body bytes for a client that speaks the provider's dialect. */
  readonly raw?: Uint8Array;
}

export interface ModerateRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly foreign?: ForeignRequest;
}

export interface ModerateAnswer {
  readonly results: readonly ModerationResult[];
  readonly raw?: Uint8Array;
}

/** What is left of one of a vendor's rate limits. */
export interface ProviderLimit {
  /** Absent: the vendor does not say. */
  readonly limit?: number;
  readonly remaining: number;
  /** Milliseconds since the epoch at which all of it is there again. */
  readonly resetAtMs: number;
}

/** What a vendor says of its rate limits with an answer. Absent: nothing that makes sense. */
export interface ProviderLimits {
  readonly requests?: ProviderLimit;
  readonly tokens?: ProviderLimit;
}

export interface ProviderContext {
  /** Aborting closes the provider's socket. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; the provider gives up then with `deadline_exceeded`. */
  readonly deadlineMs: number;
  /** Tells the client what of its request this provider lacks. One sentence, without data. */
  readonly warn: (warning: string) => void;
  /** Told how the vendor's rate limits stand, as soon as the head of an answer says so, be it a failure. */
  readonly seeLimits?: (limits: ProviderLimits) => void;
}

/** The way out to models. Implementations translate every foreign error once, into a `provider_*`, `context_too_long`, `content_filtered`, `stream_cut`, `deadline_exceeded` or `request_cancelled` HeadgateError. */
export interface Provider {
  readonly name: string;
  /** True if the provider obeys `output` natively (JSON Schema mode). */
  readonly hasSchemaMode: boolean;
  /** Dialects whose requests it forwards as they are. */
  readonly dialects: readonly Dialect[];
  /** True of models that go on from a last message of the assistant. Others answer it, as a turn that is over, or refuse it. */
  readonly continuesAnswers?: (model: string) => boolean;
  /** Resolves when the answer's head is there: whole, or a stream whose first part may still be on its way. */
  generate(request: ModelRequest, context: ProviderContext): Promise<Reply>;
  /** Absent: the vendor has no embeddings. */
  readonly embed?: (request: EmbedRequest, context: ProviderContext) => Promise<EmbedAnswer>;
  /** Absent: the vendor has no moderation. */
  readonly moderate?: (request: ModerateRequest, context: ProviderContext) => Promise<ModerateAnswer>;
  /** Input tokens of the request by the vendor's own count. Absent, or undefined for a model: the vendor does not count, and they are estimated. */
  readonly countTokens?: (request: ModelRequest, context: ProviderContext) => Promise<number | undefined>;
  close(): Promise<void>;
}
