import { crc32 } from "node:zlib";

/** A frame of an event stream, with headers of strings. */
export function toFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const written = Object.entries(headers).map(([name, value]) => {
    const text = Buffer.from(value);
    const length = Buffer.from([7, text.length >> 8, text.length & 255]);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, text]);
  });
  return toRawFrame(Buffer.concat(written), Buffer.from(payload));
}

export function toRawFrame(headers: Buffer, payload: Buffer): Buffer {
  const frame = Buffer.alloc(16 + headers.length + payload.length);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  headers.copy(frame, 12);
  payload.copy(frame, 12 + headers.length);
  return withChecksums(frame);
}

/** Puts right the checksums of a frame whose bytes were changed. */
export function withChecksums(frame: Buffer): Buffer {
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

export function toEvent(type: string, payload: unknown): Buffer {
  const headers = { ":event-type": type, ":content-type": "application/json", ":message-type": "event" };
  return toFrame(headers, JSON.stringify(payload));
}

export function toException(type: string, payload: unknown): Buffer {
  const headers = { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" };
  return toFrame(headers, JSON.stringify(payload));
}

/** `contentBlockDelta`. */
export function toDelta(contentBlockIndex: number, delta: unknown): Buffer {
  return toEvent("contentBlockDelta", { contentBlockIndex, delta, p: "abcdefgh" });
}

export function toStart(contentBlockIndex: number, start: unknown): Buffer {
  return toEvent("contentBlockStart", { contentBlockIndex, start });
}

export function toStop(contentBlockIndex: number): Buffer {
  return toEvent("contentBlockStop", { contentBlockIndex });
}

/** A whole stream around these frames. */
export function toStream(frames: readonly Buffer[], stopReason = "end_turn", usage: unknown = defaultUsage): Buffer {
  return Buffer.concat([
    toEvent("messageStart", { role: "assistant" }),
    ...frames,
    toEvent("messageStop", { stopReason }),
    toEvent("metadata", { usage, metrics: { latencyMs: 1 } }),
  ]);
}

const defaultUsage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
