import type { ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import type { HeadgateError } from "../errors.ts";
import type { Reply } from "../reply.ts";
import { toAnswerHeaders, toWarningTexts, type AnswerHead } from "./send-answer.ts";

export interface StreamReplyOptions {
  readonly response: ServerResponse;
  readonly head: AnswerHead;
  readonly clock: Clock;
  /** Longest that a reader may take nothing before it is cut off, in milliseconds. */
  readonly stalledReaderMs: number;
  /** Silence after which the client gets a comment, in milliseconds. @default 15000 */
  readonly heartbeatMs?: number;
  /**
   * The events have ids. A comment then has no blank line of its own, which some clients would take for one more event of
   * the last id.
   */
  readonly hasEventIds?: boolean;
}

/**
 * A streamed answer. The head goes out with the first write, so an error before it still has a status of its own; but
 * after a silence of `heartbeatMs` head and a comment go out, so that no proxy between takes the connection for dead.
 */
export interface StreamReply {
  /** True when an error can only be an event. */
  readonly hasBegun: boolean;
  /** What was dropped or changed: in the head, or in comments once it is out. */
  warn(warnings: readonly string[]): void;
  /** Where the answer comes from: in the head, unless that is out. */
  tell(cache: Reply["cache"]): void;
  /**
   * Whole events only. Waits until a slow reader has caught up. Resolves to false when the client is gone, and then
   * nothing more is to be sent.
   */
  write(chunk: string | Uint8Array): Promise<boolean>;
  /** Ends an answer that failed after it has begun with the event that says so. */
  fail(error: HeadgateError, event: string): Promise<void>;
  end(): void;
}

/** The server's sockets buffer this much before `write` says stop; one slice more can be on top. */
export const socketBufferBytes = 16 * 1024;

const sliceBytes = 15 * 1024;
const defaultHeartbeatMs = 15_000;
const heartbeat = "keep-alive";

/** How a stream is told in its head. */
export function toStreamHeaders(head: AnswerHead): string[] {
  return [...toAnswerHeaders(head, "text/event-stream; charset=utf-8"), "X-Accel-Buffering", "no"];
}

/** Begin it before the model is asked: its silence is what takes long. */
export function createStreamReply(options: StreamReplyOptions): StreamReply {
  return new Stream(options);
}

class Stream implements StreamReply {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #stalledReaderMs: number;
  readonly #heartbeatMs: number;
  readonly #commentEnd: string;
  #head: AnswerHead;
  #lastWriteAtMs: number;
  #isWriting = false;
  #cancelTimer: () => void;

  constructor(options: StreamReplyOptions) {
    const { response, head, clock, stalledReaderMs, heartbeatMs = defaultHeartbeatMs, hasEventIds = false } = options;
    this.#commentEnd = hasEventIds ? "\n" : "\n\n";
    this.#response = response;
    this.#head = head;
    this.#clock = clock;
    this.#stalledReaderMs = stalledReaderMs;
    this.#heartbeatMs = heartbeatMs;
    this.#lastWriteAtMs = clock.now();
    this.#cancelTimer = clock.after(heartbeatMs, this.#onTime);
    response.once("close", () => this.#cancelTimer());
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  warn(warnings: readonly string[]): void {
    if (warnings.length === 0) return;
    if (!this.#response.headersSent) {
      this.#head = { ...this.#head, warnings: [...(this.#head.warnings ?? []), ...warnings] };
      return;
    }
    const texts = toWarningTexts(warnings);
    if (!this.#response.destroyed)
      this.#response.write(texts.map((text) => this.#toComment(`Headgate-Warning: ${text}`)).join(""));
  }

  tell(cache: Reply["cache"]): void {
    if (cache) this.#head = { ...this.#head, cache };
  }

  async write(chunk: string | Uint8Array): Promise<boolean> {
    const response = this.#response;
    if (response.destroyed) return false;
    this.#begin();
    this.#lastWriteAtMs = this.#clock.now();
    this.#isWriting = true;
    for (const slice of toSlices(chunk)) {
      if (!response.write(slice) && !(await this.#hasDrained())) return false;
    }
    this.#isWriting = false;
    return true;
  }

  async fail(_error: HeadgateError, event: string): Promise<void> {
    await this.write(event);
    this.end();
  }

  end(): void {
    this.#cancelTimer();
    if (this.#response.destroyed) return;
    this.#begin();
    this.#response.end();
  }

  #begin(): void {
    if (this.#response.headersSent) return;
    this.#response.writeHead(200, toStreamHeaders(this.#head));
  }

  #toComment(text: string): string {
    return `: ${text}${this.#commentEnd}`;
  }

  // Writes do not touch the timer, which is cheaper; when it fires, it looks how long it has been quiet.
  readonly #onTime = (): void => {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    const nowMs = this.#clock.now();
    const quietMs = nowMs - this.#lastWriteAtMs;
    // A slice of an event is no place for a comment, and its reader has bytes to read.
    const isDue = quietMs >= this.#heartbeatMs && !this.#isWriting;
    if (isDue) {
      this.#begin();
      response.write(this.#toComment(heartbeat));
      this.#lastWriteAtMs = nowMs;
    }
    const waitMs = isDue || this.#isWriting ? this.#heartbeatMs : this.#heartbeatMs - quietMs;
    this.#cancelTimer = this.#clock.after(waitMs, this.#onTime);
  };

  async #hasDrained(): Promise<boolean> {
    const response = this.#response;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onDrain = (): void => resolve(true);
    const onClose = (): void => resolve(false);
    response.once("drain", onDrain).once("close", onClose);
    // A reader that is slow but takes some is not stalled.
    let waiting = response.writableLength;
    const check = (): void => {
      if (response.writableLength >= waiting) {
        response.destroy();
        return;
      }
      waiting = response.writableLength;
      cancelTimer = this.#clock.after(this.#stalledReaderMs, check);
    };
    let cancelTimer = this.#clock.after(this.#stalledReaderMs, check);
    if (response.destroyed) resolve(false);
    try {
      return await promise;
    } finally {
      cancelTimer();
      response.off("drain", onDrain).off("close", onClose);
    }
  }
}

// UTF-8 takes at most three bytes for a UTF-16 unit, so short text needs no encoding to know that it fits.
function toSlices(chunk: string | Uint8Array): readonly (string | Uint8Array)[] {
  if (typeof chunk === "string" ? chunk.length * 3 <= sliceBytes : chunk.length <= sliceBytes) return [chunk];
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  const slices: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += sliceBytes) slices.push(bytes.subarray(at, at + sliceBytes));
  return slices;
}
