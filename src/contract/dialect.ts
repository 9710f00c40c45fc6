import type { ForeignRequest, Task } from "../call.ts";
import type { HeadgateError } from "../errors.ts";
import type { Message, ModelSettings, OutputFormat, ToolSpec } from "../message.ts";
import type { Completion, Part } from "../reply.ts";
import type { LimitHeaders, LimitState } from "./limit-state.ts";

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
  /**
   * The events for a part; "" for parts that the dialect's clients do not know.
   * @throws HeadgateError `stream_cut` on `resumed`, if it cannot be told how to go on from the bytes that were watched
   */
  write(part: Part): string;
  /** Notes a provider's own whole events, passed on in place of parts, so that `resumed` can go on from where they stopped. */
  watch(bytes: Uint8Array): void;
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
  /** How rate limits stand, in the headers that the foreign API has for it. */
  toLimitHeaders(states: readonly LimitState[], nowMs: number): LimitHeaders;
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

/**
 * Whether the official clients, which ask again by themselves, are to leave it: the models behind a failure were asked
 * as often as makes sense, a budget does not let any be asked, or nobody will find out what an interrupted request came to.
 * A rate limit that says how long it lasts is worth coming back after.
 */
export function isFinalFailure({ code, isModelFailure, retryAfterMs }: HeadgateError): boolean {
  if (code === "budget_exceeded" || code === "price_unknown") return true;
  const passes = code === "provider_rate_limited" || code === "provider_overloaded";
  return code === "idempotency_unknown" || (isModelFailure && !(passes && retryAfterMs !== undefined));
}

/** What the end of an answer says in the field `headgate`, for clients to know that two models wrote it. */
export interface RescueNote {
  readonly rescued: true;
  /** The model that went on after the last break. */
  readonly model: string;
}
