import type { ServerResponse } from "node:http";

export interface AnswerHead {
  readonly requestId: string;
  /** Of the snapshot that the call ran on. */
  readonly snapshotId: string;
}

/** Writes a whole JSON answer past the framework's serialisation, which would only look at it again. */
export function sendAnswer(response: ServerResponse, head: AnswerHead, body: string | Uint8Array): void {
  response.writeHead(200, [
    "Content-Type",
    "application/json; charset=utf-8",
    "Content-Length",
    String(Buffer.byteLength(body)),
    "Cache-Control",
    "no-store",
    "X-Request-Id",
    head.requestId,
    "Headgate-Snapshot",
    head.snapshotId,
  ]);
  // As text of one byte a character, head and body leave in one write without being put together again.
  if (typeof body === "string") response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}
