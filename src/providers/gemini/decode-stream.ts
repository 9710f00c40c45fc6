import { createEventDecoder, type EventDecoder, type StreamEvent } from "../../event-stream.ts";
import { createEventFramer } from "../wire/event-framer.ts";

/**
 * Decodes server-sent events, and the JSON that Google writes between them without `data:` when the model fails midway
 * (`{"error": ...}`), or instead of them: a list of all pieces, which is read once it is complete.
 */
export function createStreamDecoder(onEvent: (event: StreamEvent) => void): EventDecoder {
  const decoder = createEventDecoder(onEvent);
  const framer = createEventFramer(onFrame);
  const list: Buffer[] = [];

  function onFrame(frame: Buffer): void {
    const first = findFirst(frame);
    if (list.length > 0 || first === openBracket) list.push(frame);
    else if (first === openBrace) onEvent({ data: frame.toString().trim() });
    else decoder.feed(frame);
  }

  return {
    feed: (bytes) => framer.feed(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)),
    end: () => {
      onFrame(framer.takeRest());
      if (list.length > 0) onEvent({ data: Buffer.concat(list).toString() });
      decoder.end();
    },
  };
}

const lineFeed = 10;
const carriageReturn = 13;
const openBracket = 0x5b;
const openBrace = 0x7b;

/** No line of an event begins with a brace or a bracket. */
function findFirst(frame: Buffer): number | undefined {
  // The line end of the frame before may have come in two.
  return frame[0] === lineFeed || frame[0] === carriageReturn ? frame[1] : frame[0];
}
