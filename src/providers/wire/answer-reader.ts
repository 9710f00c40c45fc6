import type { Part, Usage } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { StreamEvent } from "../../event-stream.ts";

/** What one event of a stream was. */
export type ReadEvent =
  /** The last event of the answer. */
  | { readonly type: "done" }
  /** Nothing that the words can say: a ping, or a vendor's own event. */
  | { readonly type: "ignored" }
  /**
   * `isHidden`: Headgate asked for the event, the client did not, and a relay leaves it out. `isOpaque`: the answer goes on
   * with something that parts do not say, such as a tool of the vendor's own, and a relay need not hold it back.
   */
  | {
      readonly type: "chunk";
      readonly parts: readonly Part[];
      readonly isHidden?: boolean;
      readonly isOpaque?: boolean;
    };

/** Reads the events of one streamed answer in one dialect. */
export interface AnswerReader {
  /** True once the model has said why it stopped: what comes now only rounds the answer off. */
  readonly hasReason: boolean;
  /** What the vendor has told of usage until now, where it tells before the end. */
  readonly usageSoFar?: Usage;
  /** The events that tell the client of the end, for a vendor that leaves them out. */
  readonly ending?: string;
  /** Reads one event. @throws HeadgateError what an error event reports; `provider_protocol` if it cannot be read */
  read(event: StreamEvent): ReadEvent;
  /**
   * The parts that end the answer: usage, if any was reported, and finish. `isDone` says that `read` has told of the end;
   * without it the bytes just ended.
   * @throws HeadgateError `stream_cut` if they ended too early; `provider_protocol` if there was no answer at all
   */
  end(isDone: boolean): readonly Part[];
}

/**
 * Reads one event. Undefined: it came after the reason to stop and is garbled, or an error, which cannot undo an answer that
 * is complete.
 * @throws HeadgateError as `read` does, before the reason
 */
export function readOrDrop(answer: AnswerReader, event: StreamEvent): ReadEvent | undefined {
  const wasComplete = answer.hasReason;
  try {
    return answer.read(event);
  } catch (error) {
    if (wasComplete && HeadgateError.is(error)) return undefined;
    throw error;
  }
}

/** Reads what the end of a stream left without a closing line: an event, or half of one, which tells nothing. */
export function dropHalfEvent(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!HeadgateError.is(error, "provider_protocol")) throw error;
  }
}
