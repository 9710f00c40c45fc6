import type { ErrorCode } from "../../errors.ts";

/**
 * Errors after which the same request to the same model can succeed. Everything else stops: asking again cannot help
 * (`provider_rejected`, `provider_auth`), would cost the same again (`provider_response_too_large`), or the call is over
 * (`deadline_exceeded`, `request_cancelled`).
 */
const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "provider_rate_limited",
  "provider_unavailable",
  "provider_protocol",
  "stream_cut",
]);

export function shouldRetry(code: ErrorCode): boolean {
  return retryable.has(code);
}
