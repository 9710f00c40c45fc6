/** The dialects that clients speak: OpenAI Chat Completions, OpenAI Responses, Anthropic Messages. */
export type ClientName = "chat" | "responses" | "messages";

export type Json = Readonly<Record<string, unknown>>;

/** One thing that clients ask and vendors answer, in every dialect that can say it. */
export interface MatrixCase {
  /** Of the golden file. */
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly about: string;
  /** `reasoning`: a model that thinks. @default "plain" */
  readonly model?: ModelKind;
  /** Bodies as a real client writes them, without `model` and `stream`. Absent: the dialect cannot say it. */
  readonly requests: Readonly<Partial<Record<ClientName, Json>>>;
  /** More headers of the request, by dialect. */
  readonly headers?: Readonly<Partial<Record<ClientName, Readonly<Record<string, string>>>>>;
  /** What a client adds to ask for a stream, by dialect. @default what official clients add */
  readonly streamFields?: Readonly<Partial<Record<ClientName, Json>>>;
  readonly answer: VendorAnswer;
  /** The client hands the answer back and goes on. */
  readonly next?: NextTurn;
  /** The streamed bytes are cut into pieces of this many. @default one piece */
  readonly cutBytes?: number;
}

export type ModelKind = "plain" | "reasoning";

/** What the client says after an answer, which it hands back as it got it. */
export interface NextTurn {
  /** Results of the calls in the answer, in their order. */
  readonly toolResults?: readonly string[];
  readonly user?: string;
  /** True: the second turn goes to another vendor, the next in the list. */
  readonly isElsewhere?: boolean;
  readonly answer: VendorAnswer;
}

export type VendorAnswer = SaidAnswer | FailedAnswer;

/** What a model says. Each vendor tells as much of it as it can, in its own words. */
export interface SaidAnswer {
  readonly type: "said";
  readonly reasoning?: {
    /** Pieces as they are streamed; empty: the vendor shows none. */
    readonly text: readonly string[];
    /** What proves or hides it: a signature, or encrypted content. */
    readonly seal: string;
  };
  /** Pieces as they are streamed. */
  readonly text?: readonly string[];
  /** Instead of text: the model declines. Pieces as they are streamed. */
  readonly refusal?: readonly string[];
  readonly toolCalls?: readonly SaidCall[];
  /** Of each piece of text. Told only if they were asked for. */
  readonly logprobs?: readonly SaidLogprob[];
  /** Where the text has it from. */
  readonly sources?: readonly SaidSource[];
  readonly end: Ending;
  /** The one that ended the answer. */
  readonly stopSequence?: string;
  readonly usage: SaidUsage;
  /** How many answers are given to one question. @default 1 */
  readonly choices?: number;
}

interface SaidCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, in pieces as it is streamed. */
  readonly arguments: readonly string[];
}

export interface SaidLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

export interface SaidSource {
  readonly url: string;
  readonly title: string;
  /** Offsets in the text, in characters; it is ASCII there. */
  readonly start: number;
  readonly end: number;
}

export type Ending = "stop" | "stop-sequence" | "length" | "tool-calls" | "refusal" | "content-filter";

/** In tokens; the parts are apart from each other. */
interface SaidUsage {
  /** Neither read from a cache nor written to one. */
  readonly input: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Without reasoning. */
  readonly output: number;
  readonly reasoning?: number;
}

export interface FailedAnswer {
  readonly type: "failed";
  readonly failure: Failure;
}

/** `overloaded`: a stream fails after its first words. */
export type Failure = "rate-limit" | "context-too-long" | "overloaded";
