/** What a model says to one request, before a dialect gives it its form. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  /** One a token. */
  readonly pieces: readonly string[];
  readonly toolCalls: readonly AnswerToolCall[];
  /** The dialect's own word for `stop`, `length`, `tool`, `filter`; any other word goes out as it is. */
  readonly finish: string | null;
  readonly usage: AnswerUsage;
}

export interface AnswerToolCall {
  /** `undefined` leaves it out. */
  readonly id: string | undefined;
  readonly name: string;
  /** JSON, or what should be; one token a piece. */
  readonly pieces: readonly string[];
}

interface AnswerUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Where in a stream an event stands: faults count and cut by it. */
export type FrameKind = "start" | "content" | "close" | "finish" | "usage" | "done";

/** One event of a stream, ready to be written. */
export interface Frame {
  readonly wire: string;
  readonly kind: FrameKind;
  /** Tokens that are generated when it is written. */
  readonly tokens: number;
  /** The text that it says. */
  readonly said: string;
}

export function toFrame(kind: FrameKind, wire: string, said = "", tokens = said === "" ? 0 : 1): Frame {
  return { wire, kind, tokens, said };
}

/** One SSE event; without a name, as OpenAI's Chat Completions sends them. */
export function toEvent(data: unknown, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export function toText(answer: Answer): string {
  return answer.pieces.join("");
}

export function countTokens(answer: Pick<Answer, "pieces" | "toolCalls">): number {
  return answer.pieces.length + answer.toolCalls.reduce((count, { pieces }) => count + 1 + pieces.length, 0);
}
