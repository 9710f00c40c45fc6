import { createEventDecoder, type EventDecoder, type StreamEvent } from "../../event-stream.ts";
import { createEventFramer } from "../wire/event-framer.ts";

/**
 * Decodes server-sent events, and the JSON that Google writes between them without `data:` when the model fails midway
 * (`{"error": ...}`), or instead of them (a list of all pieces). Such JSON becomes an event of its own at the end.
 */
export function createStreamDecoder(onEvent: (event: StreamEvent) => void): EventDecoder {
  const decoder = createEventDecoder(onEvent);
  const bare: Buffer[] = [];
  const framer = createEventFramer((frame) => {
    if (bare.length > 0 || isBare(frame)) bare.push(frame);
    else decoder.feed(frame);
  });
  return {
    feed: (bytes) => framer.feed(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)),
    end: () => {
      const rest = framer.takeRest();
      if (bare.length > 0 || isBare(rest)) bare.push(rest);
      else decoder.feed(rest);
      // What is cut off within an event tells nothing, but an error after it would be lost with it.
      try {
        decoder.end();
      } finally {
        if (bare.length > 0) onEvent({ data: Buffer.concat(bare).toString() });
      }
    },
  };
}

const openBrace = 0x7b;
const openBracket = 0x5b;

// No line of an event begins so.
function isBare(frame: Buffer): boolean {
  return frame[0] === openBrace || frame[0] === openBracket;
}
