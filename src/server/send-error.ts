import type { FastifyReply, FastifyRequest } from "fastify";
import { problemMediaType, toProblem, toRetryAfter } from "../contract/problem.ts";
import { errorCatalogue, HeadgateError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Logger } from "../telemetry/logger.ts";

/** How an error's body looks: a problem, or a foreign dialect's error object. */
export interface ErrorShape {
  readonly contentType: string;
  toBody(error: HeadgateError, requestId: string): unknown;
  /** @default the catalogue's */
  toStatus?(error: HeadgateError): number;
  /** Of its own, by names and values in turns. */
  toHeaders?(error: HeadgateError): readonly string[];
}

export const problemShape: ErrorShape = { contentType: problemMediaType, toBody: toProblem };

export type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/** Answers with the error's status, or cuts the connection when the answer had already begun. */
export function createErrorHandler(logger: Logger, shape: ErrorShape): ErrorHandler {
  return function sendError(thrown, request, reply) {
    const error = fromFramework(thrown);
    reportBug(logger, thrown, request.id);
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (isWorthReading(error, request)) reply.removeHeader("connection");
    if (error.status === 401) reply.header("www-authenticate", toChallenge(error.code));
    const { status, headers, body } = toErrorAnswer(error, shape, request.id);
    for (let at = 0; at < headers.length; at += 2) reply.header(headers[at]!, headers[at + 1]);
    reply.code(status).send(body);
  };
}

/** An error as it is sent, whoever it is sent to. */
export interface ErrorAnswer {
  readonly requestId: string;
  readonly status: number;
  /** Names and values in turns. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

export function toErrorAnswer(error: HeadgateError, shape: ErrorShape, requestId: string): ErrorAnswer {
  const retryAfterMs = error.retryAfterMs ?? (isPassing(error) ? usualRetryAfterMs : undefined);
  return {
    requestId,
    status: shape.toStatus?.(error) ?? error.status,
    headers: [
      "content-type",
      shape.contentType,
      "cache-control",
      "no-store",
      "x-request-id",
      requestId,
      ...(retryAfterMs === undefined ? [] : ["retry-after", toRetryAfter(retryAfterMs)]),
      ...(shape.toHeaders?.(error) ?? []),
    ],
    body: Buffer.from(JSON.stringify(shape.toBody(error, requestId))),
  };
}

/** What has no time of its own: breakers let a call through each second. */
const usualRetryAfterMs = 1000;

function isPassing({ status, code }: HeadgateError): boolean {
  return (status === 503 || status === 504) && errorCatalogue[code].retryable;
}

/** Logs what nobody expected. A HeadgateError was expected, and is in the record of its call. */
export function reportBug(logger: Logger, thrown: unknown, requestId: string): void {
  if (fromFramework(thrown).code !== "internal" || HeadgateError.is(thrown)) return;
  logger.error({ event: "request.failed", requestId, err: thrown });
}

const frameworkErrors: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "media_type_unsupported",
};

function fromFramework(error: unknown): HeadgateError {
  if (HeadgateError.is(error) || !(error instanceof Error)) return HeadgateError.from(error);
  const { code, statusCode } = error as Error & { code?: string; statusCode?: number };
  const known = frameworkErrors[code ?? ""];
  if (known) return new HeadgateError(known, { cause: error });
  const isClients = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return new HeadgateError(isClients ? "request_invalid" : "internal", { cause: error });
}

// RFC 6750, section 3: a request without credentials gets no error code.
function toChallenge(code: ErrorCode): string {
  return code === "key_missing" ? 'Bearer realm="headgate"' : 'Bearer realm="headgate", error="invalid_token"';
}

const maxDiscardedBytes = 16 * 1024 * 1024;

// Closing a socket with unread bytes resets it, and the client never sees why. Node reads and drops the rest of the body
// when the connection stays open, so up to a limit it stays open.
function isWorthReading(error: HeadgateError, request: FastifyRequest): boolean {
  const length = Number(request.headers["content-length"]);
  return error.status < 500 && length <= maxDiscardedBytes;
}
