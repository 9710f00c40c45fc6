import { crc32 } from "node:zlib";
import { HeadgateError } from "../../errors.ts";
import type { EventDecoder, StreamEvent } from "../../event-stream.ts";

/** What AWS itself allows a frame, and its headers. */
const maxFrameBytes = 24 * 1024 * 1024;
const maxHeaderBytes = 128 * 1024;

const preludeBytes = 12;
const checksumBytes = 4;

/** What a frame of type `error` is called; its data is `{"code", "message"}`. */
export const unmodeledError = "error";

/**
 * Decodes AWS event streams (`application/vnd.amazon.eventstream`) from bytes that are cut anywhere: `event` is the
 * event's or the exception's type, `data` the payload. Half a frame at the end tells nothing and is dropped.
 */
export function createAwsEventDecoder(
  onEvent: (event: StreamEvent) => void,
  maxBytes: number = maxFrameBytes,
): EventDecoder {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let frameBytes: number | undefined;

  /** Reads the frames at the start of the bytes; what is left of them is returned. */
  function readFrames(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length >= preludeBytes) {
      frameBytes = readFrameLength(rest, maxBytes);
      if (rest.length < frameBytes) return rest;
      const event = readFrame(rest.subarray(0, frameBytes));
      rest = rest.subarray(frameBytes);
      frameBytes = undefined;
      if (event) onEvent(event);
    }
    return rest;
  }

  return {
    feed: (bytes) => {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      pending.push(buffer);
      pendingBytes += buffer.length;
      // Bytes are joined once there is something to read in them, not with each piece.
      if (pendingBytes < (frameBytes ?? preludeBytes)) return;
      const rest = readFrames(pending.length === 1 ? buffer : Buffer.concat(pending));
      pending = rest.length === 0 ? [] : [rest];
      pendingBytes = rest.length;
    },
    end: () => {
      pending = [];
      pendingBytes = 0;
    },
  };
}

function readFrameLength(bytes: Buffer, maxBytes: number): number {
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw broken("a checksum is wrong");
  const totalBytes = bytes.readUInt32BE(0);
  const headerBytes = bytes.readUInt32BE(4);
  if (totalBytes > maxBytes) throw broken(`a frame has more than ${maxBytes} bytes`);
  if (headerBytes > maxHeaderBytes || preludeBytes + headerBytes + checksumBytes > totalBytes) {
    throw broken("a frame's lengths are wrong");
  }
  return totalBytes;
}

function readFrame(frame: Buffer): StreamEvent | undefined {
  const end = frame.length - checksumBytes;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw broken("a checksum is wrong");
  const payloadAt = preludeBytes + frame.readUInt32BE(4);
  const headers = readHeaders(frame.subarray(preludeBytes, payloadAt));
  const data = frame.toString("utf8", payloadAt, end);
  switch (headers[":message-type"]) {
    case "event":
      return { event: headers[":event-type"], data };
    case "exception":
      return { event: headers[":exception-type"] ?? unmodeledError, data };
    case "error": {
      const error = { code: headers[":error-code"], message: headers[":error-message"] };
      return { event: unmodeledError, data: JSON.stringify(error) };
    }
    default:
      return undefined;
  }
}

const stringType = 7;
const bytesType = 6;
/** Bytes of a value by its type; true and false are their types, strings and bytes say their length themselves. */
const fixedBytes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };

/** Only strings: nothing that is wanted here is anything else. */
function readHeaders(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  let at = 0;
  const take = (length: number): number => {
    const start = at;
    at += length;
    if (at > bytes.length) throw broken("a header is cut");
    return start;
  };
  while (at < bytes.length) {
    const nameBytes = bytes[take(1)]!;
    const name = bytes.toString("utf8", take(nameBytes), at);
    const type = bytes[take(1)]!;
    const length = type === stringType || type === bytesType ? bytes.readUInt16BE(take(2)) : fixedBytes[type];
    if (length === undefined) throw broken("a header's type is not known");
    const start = take(length);
    if (type === stringType) headers[name] = bytes.toString("utf8", start, at);
  }
  return headers;
}

function broken(why: string): HeadgateError {
  return new HeadgateError("provider_protocol", { detail: `The provider's event stream is broken: ${why}.` });
}
