import type { CallNotes, Target } from "./call.ts";
import type { ReasoningBlock, ToolCall } from "./message.ts";

/** What comes back up the pipeline. */

export type TaskResult =
  | { readonly type: "embed"; readonly vectors: readonly (readonly number[])[] }
  | { readonly type: "moderate"; readonly results: readonly ModerationResult[] }
  | { readonly type: "count-tokens"; readonly inputTokens: number; readonly isEstimated: boolean };

/** One input's verdict; category names are the vendor's. */
export interface ModerationResult {
  readonly isFlagged: boolean;
  readonly categories: Readonly<Record<string, boolean>>;
  /** 0 to 1. */
  readonly scores: Readonly<Record<string, number>>;
}

/** Tokens of one model call, as billed. The parts are within the totals, whichever way the vendor counts. */
export interface Usage {
  /** All input, read from a cache, written to one, or neither. */
  readonly inputTokens: number;
  /** All output, reasoning included. */
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, which costs more. */
  readonly cacheWrite1hTokens?: number;
  readonly reasoningTokens?: number;
  /** Of the input, what was sound: it has a price of its own. */
  readonly audioInputTokens?: number;
  /** Of the output, what was sound. */
  readonly audioOutputTokens?: number;
  /** The tier that the vendor says it served at (`default`, `flex`, `priority`, `batch`). */
  readonly serviceTier?: string;
  /** True if the provider reported none and the numbers are counted here. */
  readonly isEstimated?: boolean;
}

/** What a token was worth to the model, with its runners-up. */
export interface TokenLogprob {
  readonly token: string;
  /** Natural logarithm, 0 or less. */
  readonly logprob: number;
  readonly top?: readonly { readonly token: string; readonly logprob: number }[];
}

/** Where an answer says that it got something from. */
export interface Source {
  readonly url: string;
  readonly title?: string;
  /** UTF-16 offsets of the claim in the answer's text. */
  readonly startIndex?: number;
  readonly endIndex?: number;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

export type AnswerStatus = "ok" | "fallback" | "refused";

/** What comes back up the pipeline, in order; `finish` is the last part of a whole answer. */
export type Part =
  | {
      readonly type: "text";
      readonly text: string;
      readonly logprobs?: readonly TokenLogprob[];
      /** The vendor sets the words apart as a refusal; the answer then ends as `content_filter`. */
      readonly isRefusal?: boolean;
    }
  | { readonly type: "reasoning"; readonly text: string }
  /** Ends a stretch of reasoning: all of it, with what seals it. Its text was streamed before. */
  | { readonly type: "reasoning-block"; readonly block: ReasoningBlock }
  | { readonly type: "source"; readonly source: Source }
  | {
      readonly type: "tool-call";
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
      readonly signature?: string;
    }
  | { readonly type: "usage"; readonly usage: Usage }
  /** Untouched bytes for a client that speaks the provider's dialect, and what they say; usage and finish follow as parts. */
  | {
      readonly type: "raw";
      readonly bytes: Uint8Array;
      readonly says: readonly Part[];
      /** They say something that parts cannot, such as a step of the vendor's own tool. */
      readonly isOpaque?: boolean;
    }
  /**
   * The stream broke, and another model call goes on from where it stopped, in typed parts only. `sent` is what was passed
   * on until then, for a writer that takes over from raw bytes.
   */
  | { readonly type: "resumed"; readonly sent: readonly Part[]; readonly target: Target }
  /** A change of the answer object as it grows: text to append at a JSON Pointer, or a value to set there. */
  | { readonly type: "delta"; readonly path: string; readonly append: string }
  | { readonly type: "delta"; readonly path: string; readonly set: unknown }
  /** Everything sent so far is void; the answer starts anew. */
  | { readonly type: "reset"; readonly reason: string }
  /**
   * Comes before any byte that tells the client that the answer is complete, so that the record is safe first.
   * A stream without it was cut.
   */
  | {
      readonly type: "finish";
      readonly reason: FinishReason;
      /** The vendor's own word for it. */
      readonly rawReason?: string;
      readonly outcome?: Outcome;
    };

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
  /** All of the text is what its vendor sets apart as a refusal. */
  readonly isRefusal?: boolean;
  readonly reasoning?: string;
  readonly reasoningBlocks?: readonly ReasoningBlock[];
  readonly sources?: readonly Source[];
  readonly logprobs?: readonly TokenLogprob[];
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  /** The vendor's own word for it. */
  readonly rawFinishReason?: string;
  readonly usage?: Usage;
  readonly outcome?: Outcome;
  /** Of a call with a `task`. */
  readonly result?: TaskResult;
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
  /** What the provider has told of usage until now: for a stream that is left, or fails, before its end. */
  readonly usageSoFar?: () => Usage | undefined;
  /** Which model answers; set once the call has left the pipeline. */
  readonly target?: Target;
  /** What was dropped or changed on the way to the provider; complete once the reply is there. */
  readonly warnings?: readonly string[];
  /** Where it comes from, if it may be used again; set once the call has left the pipeline. */
  readonly cache?: CallNotes["cache"];
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
  const sum = new PartSum();
  for await (const part of reply.parts) sum.add(part);
  return sum.toCompletion();
}

/** Adds up parts that are all there. */
export function sumParts(parts: Iterable<Part>): Completion {
  const sum = new PartSum();
  for (const part of parts) sum.add(part);
  return sum.toCompletion();
}

class PartSum {
  readonly #toolCalls: ToolCall[] = [];
  readonly #reasoningBlocks: ReasoningBlock[] = [];
  readonly #sources: Source[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  #text = "";
  #refusalChars = 0;
  #reasoning = "";
  #usage: Usage | undefined;
  #finish: Extract<Part, { type: "finish" }> | undefined;

  add(part: Part): void {
    if (part.type === "text") {
      this.#text += part.text;
      if (part.isRefusal === true) this.#refusalChars += part.text.length;
      if (part.logprobs) this.#logprobs.push(...part.logprobs);
    } else if (part.type === "reasoning") this.#reasoning += part.text;
    else if (part.type === "reasoning-block") this.#reasoningBlocks.push(part.block);
    else if (part.type === "source") this.#sources.push(part.source);
    else if (part.type === "usage") this.#usage = part.usage;
    else if (part.type === "finish") this.#finish = part;
    else if (part.type === "tool-call") {
      this.#toolCalls[part.index] = extendToolCall(this.#toolCalls[part.index], part);
    }
  }

  toCompletion(): Completion {
    const { reason = "other", rawReason, outcome } = this.#finish ?? {};
    return {
      text: this.#text,
      ...(this.#refusalChars > 0 && this.#refusalChars === this.#text.length ? { isRefusal: true } : {}),
      ...(this.#reasoning === "" ? {} : { reasoning: this.#reasoning }),
      ...(this.#reasoningBlocks.length === 0 ? {} : { reasoningBlocks: this.#reasoningBlocks }),
      ...(this.#sources.length === 0 ? {} : { sources: this.#sources }),
      ...(this.#logprobs.length === 0 ? {} : { logprobs: this.#logprobs }),
      toolCalls: this.#toolCalls.filter(() => true),
      finishReason: reason,
      ...(rawReason === undefined ? {} : { rawFinishReason: rawReason }),
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(outcome ? { outcome } : {}),
    };
  }
}

function extendToolCall(known: ToolCall | undefined, part: Extract<Part, { type: "tool-call" }>): ToolCall {
  const signature = known?.signature ?? part.signature;
  return {
    id: known?.id || (part.id ?? ""),
    name: known?.name || (part.name ?? ""),
    arguments: (known?.arguments ?? "") + part.arguments,
    ...(signature === undefined ? {} : { signature }),
  };
}

async function* toParts(completion: Completion): AsyncGenerator<Part> {
  const { text, isRefusal, sources = [], logprobs, usage } = completion;
  yield* toReasoningParts(completion);
  if (text !== "") {
    yield { type: "text", text, ...(logprobs ? { logprobs } : {}), ...(isRefusal === true ? { isRefusal } : {}) };
  }
  for (const source of sources) yield { type: "source", source };
  for (const [index, call] of completion.toolCalls.entries()) yield { type: "tool-call", index, ...call };
  if (usage) yield { type: "usage", usage };
  yield {
    type: "finish",
    reason: completion.finishReason,
    ...(completion.rawFinishReason === undefined ? {} : { rawReason: completion.rawFinishReason }),
    ...(completion.outcome ? { outcome: completion.outcome } : {}),
  };
}

// As a stream has them: each stretch of reasoning before its end.
function* toReasoningParts({ reasoning = "", reasoningBlocks = [] }: Completion): Generator<Part> {
  const isInBlocks = reasoning === "" || reasoningBlocks.map(({ text }) => text).join("") === reasoning;
  if (!isInBlocks) yield { type: "reasoning", text: reasoning };
  for (const block of reasoningBlocks) {
    if (isInBlocks && block.text !== "") yield { type: "reasoning", text: block.text };
    yield { type: "reasoning-block", block };
  }
}
