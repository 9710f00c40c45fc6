import type { ModelSettings, OutputFormat } from "../../../message.ts";
import type { Completion } from "../../../reply.ts";
import { endsTorn } from "./joint.ts";

/** What was passed on until the stream broke. */
export type SentAnswer = Pick<
  Completion,
  "text" | "isRefusal" | "reasoning" | "reasoningBlocks" | "sources" | "logprobs" | "toolCalls"
> & {
  /** Something was passed on that has no words here, such as a step of a vendor's own tool. */
  readonly isOpaque?: boolean;
};

/** What was asked for, as far as it matters. */
export interface AskedAnswer {
  readonly settings: ModelSettings;
  readonly output?: OutputFormat;
  /** How many answers are asked for at once. @default 1 */
  readonly choices?: number;
}

/**
 * True if the request can be asked anew, and only what follows `sent.text` passed on. Reasoning alone is no hindrance: it is
 * shown apart from the answer, and another stretch of it stands by itself. Not after a tool call, a refusal, sources or
 * log-probabilities, which a second answer would say again or otherwise.
 */
export function canRestart(sent: SentAnswer, asked: AskedAnswer): boolean {
  if (sent.isOpaque === true || sent.isRefusal === true || (asked.choices ?? 1) > 1) return false;
  if (sent.toolCalls.length > 0 || (sent.sources ?? []).length > 0 || (sent.logprobs ?? []).length > 0) return false;
  // Of an answer that has not begun, nothing has to agree.
  return sent.text === "" || asked.settings.topLogprobs === undefined;
}

/**
 * True if another model can be asked to go on from `sent.text`: as `canRestart`, and there is text to go on from that is no
 * JSON, of which every sign counts.
 */
export function canContinue(sent: SentAnswer, asked: AskedAnswer): boolean {
  const isJson = asked.output !== undefined || asked.settings.jsonMode === true;
  return canRestart(sent, asked) && !isJson && sent.text.trim() !== "" && !endsTorn(sent.text);
}
