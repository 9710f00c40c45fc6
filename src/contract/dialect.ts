import type { ForeignRequest, Task } from "../call.ts";
import type { HeadgateError } from "../errors.ts";
import type { Message, ModelSettings, OutputFormat, ToolSpec } from "../message.ts";
import type { Completion, Part } from "../reply.ts";

/** A foreign request in Headgate's words; `foreign` keeps what they do not say. */
export interface DialectRequest {
  /** A model, a tier, `provider/model` or `endpoint:name`. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly settings: ModelSettings;
  readonly output?: OutputFormat;
  readonly tools?: readonly ToolSpec[];
  readonly task?: Task;
  readonly stream: boolean;
  readonly foreign: ForeignRequest;
}

/** What an answer says about itself. */
export interface DialectHead {
  readonly requestId: string;
  /** The provider's own name of the model that answers, or the endpoint that the client asked for. */
  readonly model: string;
  readonly createdAtMs: number;
}

/** Turns the typed parts of one answer into a dialect's events. */
export interface PartWriter {
  /** The events for a part; "" for parts that the dialect's clients do not know. */
  write(part: Part): string;
  /** The events that end the stream, after `finish`. */
  end(): string;
}

/** What clients of one foreign API send and see. */
export interface Dialect<Request extends DialectRequest = DialectRequest> {
  /** @param headers in lower case @throws HeadgateError `request_invalid` with the issues */
  parseRequest(body: unknown, headers: Readonly<Record<string, string | string[] | undefined>>): Request;
  /** The whole answer, as the dialect's JSON. */
  toAnswer(completion: Completion, head: DialectHead, request: Request): unknown;
  /** Absent: the dialect does not stream. */
  createWriter?(head: DialectHead, request: Request): PartWriter;
  toErrorBody(error: HeadgateError, requestId: string): unknown;
  /** The event that a stream ends with when it fails midway. @param head that of the writer */
  toErrorEvent(error: HeadgateError, requestId: string): string;
}

/**
 * The status that clients of foreign APIs get for an error: where the request is their own, what the provider says of it
 * is about them. Official clients choose their error class by it, and retry from 500 on.
 */
export function toDialectStatus(error: HeadgateError): number {
  if (error.code === "provider_rejected") return 400;
  if (error.code === "provider_rate_limited") return 429;
  return error.status;
}
