import type { Part } from "../../reply.ts";
import { createEventDecoder, type EventDecoder, type StreamEvent } from "../../event-stream.ts";
import { dropHalfEvent, readOrDrop, type AnswerReader } from "./answer-reader.ts";
import type { PartReader } from "./stream-parts.ts";

/** Reads a stream into typed parts. */
export function createTypedReader(
  answer: AnswerReader,
  createDecoder: (onEvent: (event: StreamEvent) => void) => EventDecoder = createEventDecoder,
): PartReader {
  const decoder = createDecoder(onEvent);
  let parts: Part[] = [];
  let isDone = false;

  function onEvent(event: StreamEvent): void {
    if (isDone) return;
    const read = readOrDrop(answer, event);
    if (read?.type === "chunk") for (const part of read.parts) parts.push(part);
    if (read?.type !== "done") return;
    isDone = true;
    parts.push(...answer.end(true));
  }

  return {
    get hasReason() {
      return answer.hasReason;
    },
    feed: (bytes, target) => {
      parts = target;
      decoder.feed(bytes);
      return isDone;
    },
    end: (target) => {
      parts = target;
      dropHalfEvent(() => decoder.end());
      if (!isDone) parts.push(...answer.end(false));
    },
  };
}
