import type { AttemptReason, Call } from "../../call.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Usage } from "../../reply.ts";

/** What a model is asked, and why. */
export interface Asking {
  readonly call: Call;
  readonly reason: AttemptReason;
  /** The call as it is put to a provider, where that hangs on which it is. @throws HeadgateError `not_translatable` */
  readonly adapt?: (provider: Provider, model: string) => Call;
  /** The answer is read into parts even where its bytes could be relayed. */
  readonly wantsParts?: boolean;
  /** Content of a stream is held back until it has this many characters. @default 0 */
  readonly holdBackChars?: number;
  /** Called once, when the model call is over and noted, with what it used. */
  readonly onEnd?: (usage: Usage | undefined) => void;
}
