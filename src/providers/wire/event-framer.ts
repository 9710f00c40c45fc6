const lineFeed = 10;
const carriageReturn = 13;

export interface EventFramer {
  /** Calls back with each event's bytes, up to the blank line that ends it. */
  feed(bytes: Buffer): void;
  /** Takes the bytes of the event that has not ended. */
  takeRest(): Buffer;
}

/**
 * Cuts a stream of server-sent events into events without decoding it: lines end with LF, CR LF or CR. Holds one event
 * at most; the caller bounds the stream.
 */
export function createEventFramer(onFrame: (frame: Buffer) => void): EventFramer {
  let pending: Buffer[] = [];
  let isLineEmpty = true;
  // The LF of a CR LF ends no line of its own, not even in the next bytes.
  let isAfterReturn = false;

  function takeRest(): Buffer {
    const rest = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    pending = [];
    return rest;
  }

  return {
    takeRest,
    feed: (bytes) => {
      let start = 0;
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at];
        const isSecondHalf = isAfterReturn && byte === lineFeed;
        isAfterReturn = byte === carriageReturn;
        if (isSecondHalf) continue;
        const isLineEnd = byte === lineFeed || isAfterReturn;
        if (isLineEnd && isLineEmpty) {
          if (isAfterReturn && bytes[at + 1] === lineFeed) {
            at++;
            isAfterReturn = false;
          }
          pending.push(bytes.subarray(start, at + 1));
          start = at + 1;
          onFrame(takeRest());
        }
        isLineEmpty = isLineEnd;
      }
      if (start < bytes.length) pending.push(bytes.subarray(start));
    },
  };
}
