import type { Part } from "../../reply.ts";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import { dropHalfEvent, type AnswerReader } from "./answer-reader.ts";
import { createEventFramer } from "./event-framer.ts";
import type { PartReader } from "./stream-parts.ts";

/**
 * Reads a stream for a client that speaks its dialect: whole events pass as they came, and are only tapped for usage,
 * finish and errors. What comes before the model's first word waits for it, so that a failure until then can be retried.
 * What tells the client that the answer is complete waits for `finish`, so that the record is safe first.
 * @param mayMatter matches the text of every event that holds usage, a finish or an error; others are not even decoded
 */
export function createRelayReader(answer: AnswerReader, mayMatter: RegExp): PartReader {
  const decoder = createEventDecoder(onEvent);
  const framer = createEventFramer(onFrame);
  let parts: Part[] = [];
  let waiting: Buffer[] = [];
  let hasContent = false;
  let hasPassed = false;
  let isHidden = false;
  let isDone = false;

  function onFrame(frame: Buffer): void {
    if (isDone) return;
    isHidden = false;
    const wasOpen = !answer.hasReason;
    if (!hasContent || mayMatter.test(frame.toString("latin1"))) decoder.feed(frame);
    if (hasContent && wasOpen && answer.hasReason) flush();
    if (!isHidden) waiting.push(frame);
    if (isDone) flush();
  }

  function onEvent(event: StreamEvent): void {
    const read = answer.read(event);
    if (read.type === "done") {
      parts.push(...open(answer.end(true), hasPassed));
      isDone = true;
    } else if (read.type === "chunk") {
      hasContent ||= read.parts.length > 0 || read.isContent === true;
      isHidden = read.isHidden === true;
    }
  }

  function flush(): void {
    if (waiting.length === 0) return;
    hasPassed = true;
    parts.push({ type: "raw", bytes: waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting), says: [] });
    waiting = [];
  }

  return {
    feed: (bytes, target) => {
      parts = target;
      try {
        framer.feed(bytes);
      } finally {
        if (hasContent && !answer.hasReason) flush();
      }
      return isDone;
    },
    end: (target) => {
      parts = target;
      const rest = framer.takeRest();
      if (rest.length > 0) dropHalfEvent(() => onFrame(Buffer.concat([rest, Buffer.from("\n\n")])));
      if (isDone) return;
      parts.push(...open(answer.end(false), hasPassed));
      flush();
    },
  };
}

/** Before an answer's end: whoever reads the parts has to know first that bytes are passed on, even if none were yet. */
function open(last: readonly Part[], hasPassed: boolean): readonly Part[] {
  return hasPassed ? last : [{ type: "raw", bytes: new Uint8Array(0), says: [] }, ...last];
}
