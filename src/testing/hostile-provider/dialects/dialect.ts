import type { Answer, Frame } from "../answer.ts";

/** What went wrong, before a dialect gives it its type. */
export type FailureKind =
  | "invalid-request"
  | "auth"
  | "billing"
  | "permission"
  | "not-found"
  | "too-large"
  | "rate-limit"
  | "api"
  | "timeout"
  | "overloaded"
  | "unknown";

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
  /** OpenAI's `code`. */
  readonly code?: string | null;
  /** OpenAI's `param`. */
  readonly param?: string | null;
}

/** One vendor's way to say an answer. */
export interface DialectWriter {
  toWhole(answer: Answer): Record<string, unknown>;
  /** @param wantsUsage what the request's `stream_options.include_usage` says */
  toFrames(answer: Answer, wantsUsage: boolean): Frame[];
  toErrorBody(failure: Failure): Record<string, unknown>;
  /** An error inside a stream whose status was 200. */
  toErrorEvent(failure: Failure): string;
  /** An event that says nothing, as vendors send while a model thinks. */
  toEmptyDelta(answer: Answer): string;
  /** What keeps a connection alive. */
  readonly ping: string;
  /** The word for each finish. */
  readonly finishWords: Readonly<Record<"stop" | "length" | "tool" | "filter", string>>;
}

/** Shared by the OpenAI dialects. */
export function toOpenAiError({ kind, message, code, param }: Failure): Record<string, unknown> {
  const [type, usualCode] = openAiErrors[kind];
  return { message, type, param: param ?? null, code: code === undefined ? usualCode : code };
}

const openAiErrors: Readonly<Record<FailureKind, readonly [type: string, code: string | null]>> = {
  "invalid-request": ["invalid_request_error", null],
  auth: ["invalid_request_error", "invalid_api_key"],
  billing: ["insufficient_quota", "insufficient_quota"],
  permission: ["invalid_request_error", "unsupported_country_region_territory"],
  "not-found": ["invalid_request_error", "model_not_found"],
  "too-large": ["invalid_request_error", null],
  "rate-limit": ["requests", "rate_limit_exceeded"],
  api: ["server_error", null],
  timeout: ["server_error", "timeout"],
  overloaded: ["server_error", "server_is_overloaded"],
  unknown: ["gremlin_error", "gremlins"],
};

export function toWord(words: DialectWriter["finishWords"], finish: string | null): string | null {
  return finish !== null && finish in words ? words[finish as keyof typeof words] : finish;
}
