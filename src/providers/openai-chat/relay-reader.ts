import type { Part } from "../../call.ts";
import { createEventDecoder, type StreamEvent } from "../../event-stream.ts";
import { createChunkReader, dropHalfEvent } from "./chunk-reader.ts";
import { createEventFramer } from "./event-framer.ts";
import type { PartReader } from "./stream-parts.ts";

export interface RelayOptions {
  readonly peer: string;
  /** Pass on the chunk that only reports usage. False if the client did not ask for it; it is counted all the same. */
  readonly showsUsage: boolean;
}

/**
 * Reads a stream for a client that speaks its dialect: whole events pass as they came, and are only tapped for usage,
 * finish and errors. What comes before the model's first word waits for it, so that a failure until then can be retried.
 * What tells the client that the answer is complete waits for `finish`, so that the record is safe first.
 */
export function createRelayReader({ peer, showsUsage }: RelayOptions): PartReader {
  const chunks = createChunkReader(peer);
  const decoder = createEventDecoder(onEvent);
  const framer = createEventFramer(onFrame);
  let parts: Part[] = [];
  let waiting: Buffer[] = [];
  let hasContent = false;
  let isHidden = false;
  let isDone = false;

  function onFrame(frame: Buffer): void {
    if (isDone) return;
    isHidden = false;
    const wasOpen = !chunks.hasReason;
    if (!hasContent || mayMatter.test(frame.toString("latin1"))) decoder.feed(frame);
    if (hasContent && wasOpen && chunks.hasReason) flush();
    if (!isHidden) waiting.push(frame);
    if (isDone) flush();
  }

  function onEvent(event: StreamEvent): void {
    const read = chunks.read(event);
    if (read.type === "done") {
      parts.push(...chunks.end(true));
      isDone = true;
    } else if (read.type === "chunk") {
      hasContent ||= read.parts.length > 0;
      isHidden = read.isUsageOnly && !showsUsage;
    }
  }

  function flush(): void {
    if (waiting.length === 0) return;
    parts.push({ type: "raw", bytes: waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting) });
    waiting = [];
  }

  return {
    feed: (bytes, target) => {
      parts = target;
      try {
        framer.feed(bytes);
      } finally {
        if (hasContent && !chunks.hasReason) flush();
      }
      return isDone;
    },
    end: (target) => {
      parts = target;
      const rest = framer.takeRest();
      if (rest.length > 0) dropHalfEvent(() => onFrame(Buffer.concat([rest, Buffer.from("\n\n")])));
      if (isDone) return;
      parts.push(...chunks.end(false));
      flush();
    },
  };
}

/** An event without any of these changes neither usage nor finish, and is no error. Escaped text cannot hold them. */
const mayMatter = /"usage"\s*:\s*\{|"finish_reason"\s*:\s*"|"error"|^event|\[DONE\]/m;
