import type { ForeignRequest, Message, ModelSettings, OutputFormat, Reply, ToolSpec } from "../call.ts";

/** One model call, in Headgate's own words. */
export interface ModelRequest {
  /** The provider's own name of the model. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: OutputFormat;
  readonly tools?: readonly ToolSpec[];
  /** When its dialect is the provider's own, it is forwarded as it is (with `model` replaced) and bytes come back untouched. */
  readonly foreign?: ForeignRequest;
  readonly stream: boolean;
}

export interface ProviderContext {
  /** Aborting closes the provider's socket. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; the provider gives up then with `deadline_exceeded`. */
  readonly deadlineMs: number;
}

/** The way out to models. Implementations translate every foreign error once, into a `provider_*`, `stream_cut`, `deadline_exceeded` or `request_cancelled` HeadgateError. */
export interface Provider {
  readonly name: string;
  /** True if the provider obeys `output` natively (JSON Schema mode). */
  readonly hasSchemaMode: boolean;
  /** Resolves when the answer's head is there: whole, or a stream whose first part may still be on its way. */
  generate(request: ModelRequest, context: ProviderContext): Promise<Reply>;
  close(): Promise<void>;
}
