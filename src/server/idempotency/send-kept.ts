import type { ServerResponse } from "node:http";
import type { KeptAnswer } from "../../store/store.ts";
import { replayedHeaders } from "../send-answer.ts";

export interface SendingKept {
  /** Bytes of the body that the client has. @default 0 */
  readonly from?: number;
  /** It is not the client that the answer was asked by. */
  readonly isReplayed: boolean;
}

/** Sends an answer as it was sent before. */
export function sendKept(response: ServerResponse, answer: KeptAnswer, { from = 0, isReplayed }: SendingKept): void {
  const body = answer.body.subarray(from);
  nameAnswer(response, answer.requestId);
  const replayed = isReplayed ? replayedHeaders : [];
  response.writeHead(answer.status, [...answer.headers, ...replayed, "Content-Length", String(body.length)]);
  response.end(body);
}

/** The id that clients of Anthropic read is that of the request that was carried out, as in the answer's other places. */
export function nameAnswer(response: ServerResponse, requestId: string): void {
  if (response.hasHeader("request-id")) response.setHeader("request-id", requestId);
}
