import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { problemMediaType, toProblem } from "../contract/problem.ts";
import { HeadgateError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

const parserErrors: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "request_timed_out",
  HPE_HEADER_OVERFLOW: "headers_too_large",
};

/** Answers what is not even HTTP: there is no request to reply to, so the answer is written to the socket itself. */
export function refuseConnection(thrown: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (thrown.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = new HeadgateError(parserErrors[thrown.code ?? ""] ?? "request_invalid", { cause: thrown });
  const body = JSON.stringify(toProblem(error, requestId));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
