import type { LoadedEndpoint } from "./endpoint/snapshot.ts";
import type { Snapshot } from "./endpoint/snapshot.ts";
import type { ErrorCode, Issue } from "./errors.ts";
import type { JsonSchema } from "./json.ts";

/** The words every part of Headgate speaks: what goes down the pipeline (Call) and what comes back up (Reply). */

export type Role = "system" | "user" | "assistant" | "tool";

export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly url: string; readonly mimeType?: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text exactly as the model wrote it. */
  readonly arguments: string;
}

export interface Message {
  readonly role: Role;
  readonly content: string | readonly ContentPart[];
  readonly toolCalls?: readonly ToolCall[];
  readonly toolCallId?: string;
}

/** What a prompt or a client may set on a model call. Absent means the provider's default. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
}

/** The structure that the answer must have, for providers with a JSON Schema mode. */
export interface OutputFormat {
  readonly name: string;
  readonly schema: JsonSchema;
}

export interface ToolSpec {
  readonly name: string;
  readonly description?: string;
  readonly parameters: JsonSchema;
}

/** Which model answers, and by which rule it was chosen. */
export interface Target {
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly model: string;
  readonly tier?: string;
  readonly rule: string;
}

/**
 * The client's own request in a foreign dialect. A provider of the same dialect forwards it and returns bytes untouched,
 * so fields that Headgate does not know survive.
 */
export interface ForeignRequest {
  readonly dialect: "openai-chat";
  readonly body: Readonly<Record<string, unknown>>;
}

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
  /** What a chat client asked for: a model, a tier or `provider/model`. */
  readonly requestedModel?: string;
  /** Set by choose-model. */
  readonly target?: Target;
  readonly stream: boolean;
  /** Facts for the record, added to by each stage: the one mutable part. */
  readonly notes: CallNotes;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly reasoningTokens?: number;
  /** True if the provider reported none and the numbers are counted here. */
  readonly isEstimated?: boolean;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

export type AnswerStatus = "ok" | "fallback" | "refused";

/** One step of the validation ladder that was taken, in order. */
export type Rung = "native" | "extract" | "repair" | "reask" | "escalate" | "fallback";

export interface AttemptNote {
  readonly provider: string;
  readonly model: string;
  readonly tier?: string;
  readonly reason: "first" | "retry" | "reask" | "escalate" | "chunk";
  readonly durationMs: number;
  readonly usage?: Usage;
  readonly finishReason?: FinishReason;
  readonly errorCode?: ErrorCode;
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
  target?: Target;
  /** The input as the contract reads it, before it is cut or split: what a fallback function gets. Set by normalize. */
  checkedInput?: unknown;
  /** Why the next model call is made; read and reset by call-model. */
  nextReason: AttemptNote["reason"];
  readonly attempts: AttemptNote[];
  readonly rungs: RungNote[];
  readonly warnings: string[];
  firstPartAtMs?: number;
}

/** What comes back up the pipeline, in order; `finish` is the last part of a whole answer. */
export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
    }
  | { readonly type: "usage"; readonly usage: Usage }
  /** Untouched bytes for a client that speaks the provider's dialect. */
  | { readonly type: "raw"; readonly bytes: Uint8Array }
  /** A change of the answer object as it grows: text to append at a JSON Pointer, or a value to set there. */
  | { readonly type: "delta"; readonly path: string; readonly append: string }
  | { readonly type: "delta"; readonly path: string; readonly set: unknown }
  /** Everything sent so far is void; the answer starts anew. */
  | { readonly type: "reset"; readonly reason: string }
  /**
   * Comes before any byte that tells the client that the answer is complete, so that the record is safe first.
   * A stream without it was cut.
   */
  | { readonly type: "finish"; readonly reason: FinishReason; readonly outcome?: Outcome };

/** A validated answer of an endpoint. */
export interface Outcome {
  readonly status: AnswerStatus;
  /** The output fields, valid by the contract's output schema. */
  readonly output: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** A whole answer: what a stream of parts adds up to. */
export interface Completion {
  readonly text: string;
  readonly reasoning?: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage?: Usage;
  readonly outcome?: Outcome;
  /** Untouched body bytes for a client that speaks the provider's dialect. */
  readonly raw?: Uint8Array;
}

/**
 * Always a stream of parts. `whole` is the fast path: set when the provider already answered whole, and then `parts`
 * yields the same content. Read one of the two, once.
 */
export interface Reply {
  readonly whole?: Completion;
  readonly parts: AsyncIterable<Part>;
}

export function wholeReply(completion: Completion): Reply {
  // Made only if somebody reads it in parts.
  return { whole: completion, parts: { [Symbol.asyncIterator]: () => toParts(completion) } };
}

/**
 * Adds up a reply.
 * @throws HeadgateError whatever the stream fails with; a stream without `finish` is the provider's to report as `stream_cut`.
 */
export async function collect(reply: Reply): Promise<Completion> {
  if (reply.whole) return reply.whole;
  const toolCalls: { id: string; name: string; arguments: string }[] = [];
  let text = "";
  let reasoning = "";
  let usage: Usage | undefined;
  let finish: Extract<Part, { type: "finish" }> | undefined;
  for await (const part of reply.parts) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "usage") usage = part.usage;
    else if (part.type === "finish") finish = part;
    else if (part.type === "tool-call") {
      const known = (toolCalls[part.index] ??= { id: "", name: "", arguments: "" });
      known.id ||= part.id ?? "";
      known.name ||= part.name ?? "";
      known.arguments += part.arguments;
    }
  }
  return {
    text,
    ...(reasoning === "" ? {} : { reasoning }),
    toolCalls: toolCalls.filter(() => true),
    finishReason: finish?.reason ?? "other",
    ...(usage ? { usage } : {}),
    ...(finish?.outcome ? { outcome: finish.outcome } : {}),
  };
}

async function* toParts(completion: Completion): AsyncGenerator<Part> {
  if (completion.reasoning) yield { type: "reasoning", text: completion.reasoning };
  if (completion.text !== "") yield { type: "text", text: completion.text };
  for (const [index, call] of completion.toolCalls.entries()) {
    yield { type: "tool-call", index, id: call.id, name: call.name, arguments: call.arguments };
  }
  if (completion.usage) yield { type: "usage", usage: completion.usage };
  yield {
    type: "finish",
    reason: completion.finishReason,
    ...(completion.outcome ? { outcome: completion.outcome } : {}),
  };
}
