import { HeadgateError } from "../../errors.ts";
import { joinBytes } from "./join-bytes.ts";

const lineFeed = 10;
const carriageReturn = 13;

export interface EventFramer {
  /** Calls back with each event's bytes, up to the blank line that ends it. */
  feed(bytes: Buffer): void;
  /** Takes the bytes of the event that has not ended. */
  takeRest(): Buffer;
}

/** Images in answers are the largest events that providers send. */
const maxFrameBytes = 16 * 1024 * 1024;

/**
 * Cuts a stream of server-sent events into events without decoding it: lines end with LF, CR LF or CR. Holds one event
 * at most.
 * @throws HeadgateError `provider_protocol` from `feed`, once an event outgrows the bound
 */
export function createEventFramer(onFrame: (frame: Buffer) => void, maxBytes = maxFrameBytes): EventFramer {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let isLineEmpty = true;
  // The LF of a CR LF ends no line of its own, not even in the next bytes.
  let isAfterReturn = false;

  function takeRest(): Buffer {
    const rest = joinBytes(pending);
    pending = [];
    pendingBytes = 0;
    return rest;
  }

  function hold(bytes: Buffer): void {
    pending.push(bytes);
    pendingBytes += bytes.length;
    if (pendingBytes <= maxBytes) return;
    throw new HeadgateError("provider_protocol", { detail: `An event has more than ${maxBytes} bytes.` });
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
          hold(bytes.subarray(start, at + 1));
          start = at + 1;
          onFrame(takeRest());
        }
        isLineEmpty = isLineEnd;
      }
      if (start < bytes.length) hold(bytes.subarray(start));
    },
  };
}
