import type { ServerResponse } from "node:http";
import type { Reply } from "../reply.ts";

export interface AnswerHead extends Pick<Reply, "warnings" | "cache"> {
  readonly requestId: string;
  /** Of the snapshot that the call ran on. */
  readonly snapshotId: string;
  /** The answer was given before, to a request with the same Idempotency-Key. */
  readonly isReplayed?: boolean;
}

/** Says that an answer was given before. */
export const replayedHeaders = ["Idempotency-Replayed", "true"] as const;

/**
 * What a head says of how the answer came about: `X-Headgate-Cache` and `Age` (RFC 9111, section 5.1) where it may be used
 * again, and `Headgate-Warning` once for each; the first of them where there are very many.
 */
function toReplyHeaders({ warnings = [], cache }: AnswerHead): string[] {
  const headers = toWarningTexts(warnings).flatMap((text) => ["Headgate-Warning", text]);
  if (cache) headers.push("X-Headgate-Cache", cache.status);
  if (cache?.ageSeconds !== undefined) headers.push("Age", String(cache.ageSeconds));
  return headers;
}

/** One line each, in ASCII. */
export function toWarningTexts(warnings: readonly string[]): string[] {
  return warnings.slice(0, mostWarnings).map(toHeaderText);
}

const mostWarnings = 16;

// Names of the client's own fields can be in it.
function toHeaderText(text: string): string {
  return text.slice(0, 400).replaceAll(/[^\x20-\x7e]/g, "?");
}

/** What every answer's head says, by names and values in turns. */
export function toAnswerHeaders(head: AnswerHead, contentType: string): string[] {
  return [
    "Content-Type",
    contentType,
    "Cache-Control",
    "no-store",
    "X-Request-Id",
    head.requestId,
    "Headgate-Snapshot",
    head.snapshotId,
    ...toReplyHeaders(head),
    ...(head.isReplayed ? replayedHeaders : []),
  ];
}

/** Of a whole answer. */
export const answerMediaType = "application/json; charset=utf-8";

/** Writes a whole JSON answer past the framework's serialisation, which would only look at it again. */
export function sendAnswer(response: ServerResponse, head: AnswerHead, body: string | Uint8Array): void {
  const headers = toAnswerHeaders(head, answerMediaType);
  headers.push("Content-Length", String(Buffer.byteLength(body)));
  response.writeHead(200, headers);
  // As text of one byte a character, head and body leave in one write without being put together again.
  if (typeof body === "string") response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}
