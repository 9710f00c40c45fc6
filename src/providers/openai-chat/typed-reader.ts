import type { Part } from "../../call.ts";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import { createChunkReader, dropHalfEvent } from "./chunk-reader.ts";
import type { PartReader } from "./stream-parts.ts";

/** Reads a stream into typed parts. */
export function createTypedReader(peer: string): PartReader {
  const chunks = createChunkReader(peer);
  const decoder = createEventDecoder(onEvent);
  let parts: Part[] = [];
  let isDone = false;

  function onEvent(event: StreamEvent): void {
    if (isDone) return;
    const read = chunks.read(event);
    if (read.type === "chunk") parts.push(...read.parts);
    if (read.type !== "done") return;
    isDone = true;
    parts.push(...chunks.end(true));
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
      if (!isDone) parts.push(...chunks.end(false));
    },
  };
}
