import type { Part } from "../../reply.ts";
import { createEventDecoder, type EventDecoder, type StreamEvent } from "../../event-stream.ts";
import { dropHalfEvent, type AnswerReader } from "./answer-reader.ts";
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
    const read = answer.read(event);
    if (read.type === "chunk") parts.push(...read.parts);
    if (read.type !== "done") return;
    isDone = true;
    parts.push(...answer.end(true));
  }

  return {
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
