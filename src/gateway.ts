import type { Call, ForeignRequest, Message, ModelSettings, Reply, ToolSpec } from "./call.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";

/** Who calls, and how the call ends. */
export interface Caller {
  readonly tenant: string;
  readonly keyId?: string;
  /** A UUID from the client's X-Request-Id, or a new one. */
  readonly requestId: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly stream: boolean;
}

export interface EndpointRequest extends Caller {
  readonly endpoint: string;
  readonly contract: number;
  readonly input: unknown;
}

export interface ChatRequest extends Caller {
  /** A model, a tier or `provider/model`. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: Call["output"];
  readonly tools?: readonly ToolSpec[];
  readonly foreign: ForeignRequest;
}

/** The one way in: HTTP, the library, jobs and evals all end here. */
export interface Gateway {
  readonly snapshot: Snapshot;
  /**
   * Whole: `reply.whole.outcome` is the answer. Streamed: `delta` and `reset` parts, then `finish` with the outcome.
   * @throws HeadgateError `endpoint_not_found`, `input_invalid`, `output_invalid`, `provider_*`, `deadline_exceeded`, ...
   */
  callEndpoint(request: EndpointRequest): Promise<Reply>;
  /** Whole: `reply.whole`, with `raw` bytes where the provider speaks the client's dialect. Streamed: `raw` parts, or typed ones. */
  chat(request: ChatRequest): Promise<Reply>;
}
