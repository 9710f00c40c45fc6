import type { ErrorCode, HeadgateError } from "../../errors.ts";

const ownAnswers: ReadonlySet<ErrorCode> = new Set(["context_too_long", "content_filtered", "internal"]);

/**
 * Whether a failure is the final answer to its request: the model's side, or a bug, stands in the way of the same request
 * for good. What was refused before anything was carried out, and what can succeed later, leaves the key free.
 */
export function isKeptFailure(error: HeadgateError): boolean {
  return !error.retryable && (error.isModelFailure || ownAnswers.has(error.code));
}
