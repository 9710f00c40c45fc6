import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";

/** The parts that a model streams, for one reader. */
export interface PartSource {
  /** Undefined at the end. */
  next(): Promise<unknown>;
  /** Nobody reads on; the model may let go of its connection. */
  cancel(): void;
}

interface ReaderLike {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(): Promise<void>;
}

/** Reads a web stream, of this realm or of a polyfill, or anything that can be iterated. */
export function openPartSource(stream: unknown, peer: string): PartSource {
  if (isRecord(stream) && typeof stream["getReader"] === "function") {
    const reader = (stream as unknown as { getReader(): ReaderLike }).getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done ? undefined : value;
      },
      // It may reject with what the stream failed with, which has been reported.
      cancel: () => void Promise.resolve(reader.cancel()).catch(() => {}),
    };
  }
  if (isRecord(stream) && Symbol.asyncIterator in stream) {
    const iterator = (stream as unknown as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        return done === true ? undefined : value;
      },
      cancel: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
    };
  }
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a stream.` });
}
