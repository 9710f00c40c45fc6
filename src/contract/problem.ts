import { errorCatalogue, HeadgateError } from "../errors.ts";
import type { ErrorCode, Issue } from "../errors.ts";

/** An error as clients see it: problem details of RFC 9457. */
export interface Problem {
  /** Where the reference of the same server explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly issues?: readonly Issue[];
  readonly requestId: string;
  /** True if the same request can succeed later. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

export const problemMediaType = "application/problem+json";

/** What is not a HeadgateError becomes `internal`, and none of its words are shown. */
export function toProblem(error: unknown, requestId: string): Problem {
  const { code, detail, issues, retryAfterMs } = HeadgateError.from(error);
  const { title, status, retryable } = errorCatalogue[code];
  return {
    type: `/docs#error-${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(issues === undefined ? {} : { issues }),
    requestId,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The Retry-After header's value: whole seconds, rounded up so that no client comes back early. */
export function toRetryAfter(retryAfterMs: number): string {
  return String(Math.max(0, Math.ceil(retryAfterMs / 1000)));
}
