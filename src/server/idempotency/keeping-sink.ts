import type { ServerResponse } from "node:http";
import type { KeptAnswer } from "../../store/store.ts";
import type { AnswerSink } from "../answer-sink.ts";
import { answerMediaType, sendAnswer, toAnswerHeaders } from "../send-answer.ts";
import type { ServerContext } from "../server-context.ts";
import { createRecordedStream, type RecordedStream } from "./recorded-stream.ts";

/** Sends an answer to the client that waits, if it still does, and has it to be kept. */
export interface KeepingSink extends AnswerSink {
  /** Set once the answer streams. */
  readonly stream: RecordedStream | undefined;
  /** Resolves when the client has the stream, or is gone. */
  readonly delivered: Promise<void> | undefined;
  /** The answer, once it is there as a whole. Undefined: it is too large to be kept. */
  toKept(): KeptAnswer | undefined;
}

export interface KeepingSinkOptions {
  readonly context: Pick<ServerContext, "clock" | "limits">;
  readonly response: ServerResponse;
  readonly run: string;
  /** Of the body. */
  readonly mostBytes: number;
}

export function createKeepingSink({ context, response, run, mostBytes }: KeepingSinkOptions): KeepingSink {
  let whole: KeptAnswer | undefined;
  let stream: RecordedStream | undefined;
  let delivered: Promise<void> | undefined;
  return {
    get stream() {
      return stream;
    },
    get delivered() {
      return delivered;
    },
    send: (head, body) => {
      const { requestId } = head;
      const headers = toAnswerHeaders(head, answerMediaType);
      if (Buffer.byteLength(body) <= mostBytes)
        whole = { requestId, status: 200, headers, isStream: false, body: Buffer.from(body) };
      if (!response.destroyed) sendAnswer(response, head, body);
    },
    openStream: (head) => {
      stream = createRecordedStream({ context, run, head, mostBytes });
      delivered = stream.follow(response, { after: 0, isReplayed: false });
      return stream;
    },
    // One that was left before its end had nobody to read it, and was too large by then.
    toKept: () => (stream ? (stream.isOver ? stream.toKept() : undefined) : whole),
  };
}
