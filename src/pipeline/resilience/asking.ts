import type { AttemptReason, Call } from "../../call.ts";

/** What a model is asked, and why. */
export interface Asking {
  readonly call: Call;
  readonly reason: AttemptReason;
  /** The answer is read into parts even where its bytes could be relayed. */
  readonly wantsParts?: boolean;
  /** Content of a stream is held back until it has this many characters. @default 0 */
  readonly holdBackChars?: number;
}
