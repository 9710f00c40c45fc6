import type { LoadedEndpoint, ModelEntry, Snapshot } from "./endpoint/snapshot.ts";
import type { ErrorCode, Issue } from "./errors.ts";
import type { Message, ModelSettings, OutputFormat, ToolSpec } from "./message.ts";
import type { FinishReason, Usage } from "./reply.ts";

/** What goes down the pipeline. */

/** Which models may answer, in order of preference, and by which rule they were chosen. One at least. */
export interface Route {
  readonly candidates: readonly ModelEntry[];
  readonly tier?: string;
  readonly rule: string;
}

/** Which model answers, where, and by which rule it was chosen. */
export interface Target {
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly model: string;
  readonly tier?: string;
  readonly rule: string;
}

/** Wire formats that clients and providers both speak. */
export type Dialect =
  | "openai-chat"
  | "openai-responses"
  | "openai-embeddings"
  | "openai-moderations"
  | "anthropic-messages";

/** Something in a client's request that Headgate's words do not carry to a provider of another dialect. */
export interface Loss {
  /** JSON Pointer into the client's body. */
  readonly path: string;
  /** `dropped`: the answer comes without it, and a warning says so. `refused`: the request is refused, since its meaning hangs on it. */
  readonly effect: "dropped" | "refused";
  /** Shown to the client after the path: `is not offered by ...`. */
  readonly why: string;
  /** The request begins its answer: nothing is lost on providers that go on from there. */
  readonly isPrefill?: boolean;
}

/**
 * The client's own request in a foreign dialect. A provider of the same dialect forwards it and returns bytes untouched,
 * so fields that Headgate does not know survive.
 */
export interface ForeignRequest {
  readonly dialect: Dialect;
  readonly body: Readonly<Record<string, unknown>>;
  /** Headers that belong to the dialect, such as `anthropic-beta`, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a provider of another dialect cannot be told. */
  readonly losses?: readonly Loss[];
  /** Told where the body is forwarded: what was left out of it, as only other vendors or Headgate could read it. */
  readonly warnings?: readonly string[];
}

/** Work other than writing an answer; the call's messages and tools are what `count-tokens` counts. */
export type Task =
  | { readonly type: "embed"; readonly inputs: readonly string[]; readonly dimensions?: number }
  | { readonly type: "moderate"; readonly inputs: readonly string[] }
  | { readonly type: "count-tokens" };

/** One request on its way through the pipeline. Immutable: a stage passes on a copy. */
export interface Call {
  readonly requestId: string;
  /** Milliseconds since the epoch; its fraction tells calls of one millisecond apart. */
  readonly startedAtMs: number;
  /** Milliseconds since the epoch at which the whole request ends, whatever it is doing. */
  readonly deadlineMs: number;
  /** The only way to cancel; reaches the provider's socket. Aborts at the deadline too. */
  readonly signal: AbortSignal;
  readonly tenant: string;
  readonly keyId?: string;
  readonly keyName?: string;
  /** The key's team: shares budgets and limits. */
  readonly team?: string;
  /** What the client says of its request, for routing: at most 16 short texts. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the client wants of reuse. Absent: whatever the endpoint does. */
  readonly cacheControl?: CacheControl;
  /** Told once, when the call's record is written, how many tokens its model calls took, input and output together. */
  readonly onUsed?: (tokens: number) => void;
  readonly snapshot: Snapshot;
  /** Present for calls of a declared endpoint; absent for chat relays. */
  readonly endpoint?: LoadedEndpoint;
  /** The endpoint's input: raw JSON before `normalize`, the contract's typed input after. */
  readonly input?: unknown;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: OutputFormat;
  readonly tools?: readonly ToolSpec[];
  readonly foreign?: ForeignRequest;
  /** Absent: an answer is to be written. */
  readonly task?: Task;
  /** What a chat client asked for: a model, a tier or `provider/model`. */
  readonly requestedModel?: string;
  /** Set by choose-model. */
  readonly route?: Route;
  readonly stream: boolean;
  /** Facts for the record, added to by each stage: the one mutable part. */
  readonly notes: CallNotes;
}

/** A request's `Cache-Control` (RFC 9111, section 5.2.1), as far as it means something here. */
export interface CacheControl {
  /** Not answered from what is kept; the new answer is kept. */
  readonly noCache?: boolean;
  /** The answer is not kept. */
  readonly noStore?: boolean;
  /** Answered from what is kept, or not at all. */
  readonly onlyIfCached?: boolean;
  readonly maxAgeSeconds?: number;
}

/**
 * Where an answer came from: `none`, reuse is off; `miss`, the model; `bypass`, the model, as the client wanted; `hit`, kept
 * from an earlier request; `join`, another's that was under way; `semantic`, kept from a request that means the same.
 */
export type CacheStatus = "none" | "miss" | "bypass" | "hit" | "join" | "semantic";

/** What rule sets can ask of a call: what they were told is on its record, so that other sets can be tried on it. */
export interface RouteFeatures {
  readonly endpoint?: string;
  readonly task?: string;
  /** Estimated tokens of the whole prompt. */
  readonly tokens?: number;
  readonly language?: string;
  readonly hasTools?: boolean;
  readonly hasImages?: boolean;
  readonly keyId?: string;
  readonly keyName?: string;
  readonly team?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** Share that is left, by name of the budget. */
  readonly budgetLeft?: Readonly<Record<string, number>>;
}

/** One step of the validation ladder that was taken, in order. */
export type Rung = "native" | "extract" | "repair" | "reask" | "escalate" | "fallback";

/**
 * Why a model was called. `retry`: the same deployment again; `rotate`: another one of the same model; `fallback`: the next
 * model; `hedge`: beside one that is slow to begin; `restart` and `continue`: after a stream broke that the client has
 * begun to see.
 */
export type AttemptReason =
  | "first"
  | "chunk"
  | "reask"
  | "escalate"
  | "retry"
  | "rotate"
  | "fallback"
  | "hedge"
  | "restart"
  | "continue";

export interface AttemptNote {
  readonly provider: string;
  readonly model: string;
  readonly tier?: string;
  readonly reason: AttemptReason;
  readonly durationMs: number;
  readonly usage?: Usage;
  readonly finishReason?: FinishReason;
  readonly errorCode?: ErrorCode;
  /** Of `providerWarnings`, those of this model call. */
  readonly warnings?: readonly string[];
}

export interface RungNote {
  readonly rung: Rung;
  readonly ok: boolean;
  /** The model call, counted from 1, whose answer the rung worked on. */
  readonly attempt: number;
  readonly issues?: readonly Issue[];
}

export interface CallNotes {
  prompt?: { readonly version: string; readonly sha256: string };
  /** The route's first choice, and then whichever was called last. */
  target?: Target;
  /** The input as the contract reads it, before it is cut or split: what a fallback function gets. Set by normalize. */
  checkedInput?: unknown;
  /** Why the next model call is made; read and reset by call-model. */
  nextReason: Extract<AttemptReason, "first" | "chunk" | "reask" | "escalate">;
  readonly attempts: AttemptNote[];
  readonly rungs: RungNote[];
  /** Codes of what was done to the input or the answer, such as `input_truncated`: for an endpoint's clients. */
  readonly warnings: string[];
  /** Sentences on what the provider could not be told, or did not tell: for clients of foreign dialects, and the record. */
  readonly providerWarnings: string[];
  firstPartAtMs?: number;
  /** What is set aside for the call's model calls, by account of its budgets: the ledger's alone. */
  holds?: Map<object, number>;
  /** The rule set that chose, and what it was told. Absent: the call or its endpoint named its model. */
  routing?: { readonly version: string; readonly features: RouteFeatures };
  /** Absent: `none`. */
  cache?: {
    readonly status: CacheStatus;
    /** Of an answer from an earlier request: seconds since it was given. */
    readonly ageSeconds?: number;
    /** What the model calls took that were not made. */
    readonly saved?: { readonly inputTokens: number; readonly outputTokens: number; readonly microUsd: number | null };
  };
}
