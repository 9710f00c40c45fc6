import type { ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { toWarningHeaders, type AnswerHead } from "./send-answer.ts";

export interface StreamReplyOptions {
  readonly response: ServerResponse;
  readonly head: AnswerHead;
  readonly clock: Clock;
  /** Longest pause of a reader before it is cut off, in milliseconds. */
  readonly stalledReaderMs: number;
}

/** A streamed answer. The head goes out with the first write, so an error before it still has a status of its own. */
export interface StreamReply {
  readonly hasBegun: boolean;
  /** Waits until a slow reader has caught up. Resolves to false when the client is gone, and then nothing more is to be sent. */
  write(chunk: string | Uint8Array): Promise<boolean>;
  end(): void;
}

/** The server's sockets buffer this much before `write` says stop; one slice more can be on top. */
export const socketBufferBytes = 32 * 1024;

const sliceBytes = 31 * 1024;

export function createStreamReply({ response, head, clock, stalledReaderMs }: StreamReplyOptions): StreamReply {
  function begin(): void {
    response.writeHead(200, [
      "Content-Type",
      "text/event-stream; charset=utf-8",
      "Cache-Control",
      "no-store",
      "X-Accel-Buffering",
      "no",
      "X-Request-Id",
      head.requestId,
      "Headgate-Snapshot",
      head.snapshotId,
      ...toWarningHeaders(head),
    ]);
  }

  return {
    get hasBegun() {
      return response.headersSent;
    },
    async write(chunk) {
      if (response.destroyed) return false;
      if (!response.headersSent) begin();
      for (const slice of toSlices(chunk)) {
        if (!response.write(slice) && !(await hasDrained(response, clock, stalledReaderMs))) return false;
      }
      return true;
    },
    end() {
      if (response.destroyed) return;
      if (!response.headersSent) begin();
      response.end();
    },
  };
}

// UTF-8 takes at most three bytes for a UTF-16 unit, so short text needs no encoding to know that it fits.
function toSlices(chunk: string | Uint8Array): readonly (string | Uint8Array)[] {
  if (typeof chunk === "string" ? chunk.length * 3 <= sliceBytes : chunk.length <= sliceBytes) return [chunk];
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  const slices: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += sliceBytes) slices.push(bytes.subarray(at, at + sliceBytes));
  return slices;
}

async function hasDrained(response: ServerResponse, clock: Clock, stalledReaderMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onDrain = (): void => resolve(true);
  const onClose = (): void => resolve(false);
  response.once("drain", onDrain).once("close", onClose);
  const cancelTimer = clock.after(stalledReaderMs, () => response.destroy());
  if (response.destroyed) resolve(false);
  try {
    return await promise;
  } finally {
    cancelTimer();
    response.off("drain", onDrain).off("close", onClose);
  }
}
