import type { ServerResponse } from "node:http";
import { sendAnswer, type AnswerHead } from "./send-answer.ts";
import type { ServerContext } from "./server-context.ts";
import { createStreamReply, type StreamReply } from "./stream-reply.ts";

/** Where a route's answer goes: to the client that waits, or to be kept for later ones as well. */
export interface AnswerSink {
  /** A whole JSON answer. */
  send(head: AnswerHead, body: string | Uint8Array): void;
  /** Begin it before the model is asked: its silence is what takes long. */
  openStream(head: AnswerHead): StreamReply;
}

/** For an answer that is the client's alone. */
export function createConnectionSink(
  { clock, limits }: Pick<ServerContext, "clock" | "limits">,
  response: ServerResponse,
): AnswerSink {
  const { stalledReaderMs, heartbeatMs } = limits;
  return {
    send: (head, body) => sendAnswer(response, head, body),
    openStream: (head) => createStreamReply({ response, head, clock, stalledReaderMs, heartbeatMs }),
  };
}
