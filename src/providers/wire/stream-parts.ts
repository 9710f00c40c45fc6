import type { Part } from "../../reply.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { ByteStream } from "../../outbound.ts";

/** Turns a stream's bytes into parts. */
export interface PartReader {
  /** True once the answer is complete but for what rounds it off, such as its usage. */
  readonly hasReason: boolean;
  /** Adds the parts that the bytes complete to `parts`; returns true once the answer is complete. @throws HeadgateError */
  feed(bytes: Buffer, parts: Part[]): boolean;
  /** The bytes have ended, and `feed` has not said that the answer is complete. @throws HeadgateError */
  end(parts: Part[]): void;
}

/** How long an answer that is complete may wait for what rounds it off: servers let connections linger. */
const roundingOffMs = 1000;

/**
 * The parts of a streamed answer, for one reader. Parts that came before a failure are passed on first. Leaving early
 * closes the connection; after a complete answer it is kept, and bytes that still linger are dropped. Nothing that happens
 * after the model has said why it stopped can undo the answer, but for its reader's going.
 */
export function streamParts(body: ByteStream, reader: PartReader, clock: Clock): AsyncIterable<Part> {
  const stream = new PartStream(body, reader, clock);
  return { [Symbol.asyncIterator]: () => stream };
}

class PartStream implements AsyncIterator<Part> {
  readonly #body: ByteStream;
  readonly #reader: PartReader;
  readonly #clock: Clock;
  #parts: Part[] = [];
  #at = 0;
  #isOver = false;
  #failure: unknown;
  #endsAtMs: number | undefined;

  constructor(body: ByteStream, reader: PartReader, clock: Clock) {
    this.#body = body;
    this.#reader = reader;
    this.#clock = clock;
  }

  async next(): Promise<IteratorResult<Part>> {
    while (this.#at === this.#parts.length && !this.#isOver) await this.#readMore();
    const value = this.#parts[this.#at];
    if (value !== undefined) {
      this.#at++;
      return { done: false, value };
    }
    if (this.#failure === undefined) return { done: true, value: undefined };
    const error = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  return(): Promise<IteratorResult<Part>> {
    if (!this.#isOver) this.#body.cancel();
    this.#isOver = true;
    this.#failure = undefined;
    this.#parts = [];
    this.#at = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  async #readMore(): Promise<void> {
    const parts: Part[] = [];
    this.#parts = parts;
    this.#at = 0;
    try {
      const bytes = await (this.#reader.hasReason ? this.#readRoundingOff() : this.#body.next());
      if (bytes) this.#isOver = this.#reader.feed(bytes, parts);
      else this.#end();
      if (parts.length > 0) this.#endsAtMs = undefined;
      if (this.#isOver) this.#body.release();
    } catch (error) {
      this.#body.cancel();
      this.#onFailure(error);
    }
  }

  /** The next bytes; undefined once the time is over. */
  async #readRoundingOff(): Promise<Buffer | undefined> {
    const nowMs = this.#clock.now();
    this.#endsAtMs ??= nowMs + roundingOffMs;
    if (nowMs >= this.#endsAtMs) return undefined;
    const cancelTimer = this.#clock.after(this.#endsAtMs - nowMs, () => this.#body.release());
    try {
      return await this.#body.next();
    } finally {
      cancelTimer();
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#reader.end(this.#parts);
  }

  #onFailure(error: unknown): void {
    const isComplete = !this.#isOver && this.#reader.hasReason;
    this.#isOver = true;
    if (isComplete && HeadgateError.is(error) && error.code !== "request_cancelled") this.#end();
    else this.#failure = toStreamError(error);
  }
}

// A connection that breaks once the answer has begun is a cut stream, whatever broke it.
function toStreamError(error: unknown): unknown {
  if (!HeadgateError.is(error, "provider_unavailable") || error.cause === undefined) return error;
  return new HeadgateError("stream_cut", { detail: error.detail, cause: error.cause });
}
