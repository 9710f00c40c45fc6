import type { Part } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import type { ByteStream } from "../../outbound.ts";

/** Turns a stream's bytes into parts. */
export interface PartReader {
  /** Adds the parts that the bytes complete to `parts`; returns true once the answer is complete. @throws HeadgateError */
  feed(bytes: Buffer, parts: Part[]): boolean;
  /** The bytes have ended, and `feed` has not said that the answer is complete. @throws HeadgateError */
  end(parts: Part[]): void;
}

/**
 * The parts of a streamed answer, for one reader. Parts that came before a failure are passed on first. Leaving early
 * closes the connection; after a complete answer it is kept, and bytes that still linger are dropped.
 */
export function streamParts(body: ByteStream, reader: PartReader): AsyncIterable<Part> {
  let parts: Part[] = [];
  let at = 0;
  let isOver = false;
  let failure: unknown;

  async function readMore(): Promise<void> {
    parts = [];
    at = 0;
    try {
      const bytes = await body.next();
      if (!bytes) reader.end(parts);
      isOver = bytes === undefined || reader.feed(bytes, parts);
      if (isOver) body.release();
    } catch (error) {
      isOver = true;
      failure = toStreamError(error);
      body.cancel();
    }
  }

  const iterator: AsyncIterator<Part> = {
    next: async () => {
      while (at === parts.length && !isOver) await readMore();
      const value = parts[at];
      if (value !== undefined) {
        at++;
        return { done: false, value };
      }
      if (failure === undefined) return { done: true, value: undefined };
      const error = failure;
      failure = undefined;
      throw error;
    },
    return: () => {
      if (!isOver) body.cancel();
      isOver = true;
      failure = undefined;
      parts = [];
      at = 0;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

// A connection that breaks once the answer has begun is a cut stream, whatever broke it.
function toStreamError(error: unknown): unknown {
  if (!HeadgateError.is(error, "provider_unavailable") || error.cause === undefined) return error;
  return new HeadgateError("stream_cut", { detail: error.detail, cause: error.cause });
}
