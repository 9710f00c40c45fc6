import type { AnswerStatus, Outcome } from "../reply.ts";

/** What every endpoint answers, whatever its output fields are. */
export interface AnswerEnvelope {
  readonly requestId: string;
  readonly status: AnswerStatus;
  /** What was done to the input or the answer: `input_truncated`, `fallback:{code}`, `answer_rescued`; more may come. */
  readonly warnings: readonly string[];
}

/** The contract's answer: the envelope around the endpoint's own output fields. */
export type Answer<Output = Readonly<Record<string, unknown>>> = AnswerEnvelope & Output;

/** The envelope wins over output fields of the same name, which a lax output schema could let through. */
export function toAnswer(requestId: string, outcome: Outcome): Answer {
  const envelope = { requestId, status: outcome.status };
  return { ...envelope, ...outcome.output, ...envelope, warnings: outcome.warnings };
}
