import { HeadgateError, errorCatalogue } from "../errors.ts";
import type { ErrorCode, Issue } from "../errors.ts";
import { isRecord } from "../json.ts";

/** Turns a running server's problem+json back into the error it was made from, so that it is reported as the server meant it. */
export function toServerFailure(status: number, problem: unknown): HeadgateError {
  if (!isRecord(problem) || !isErrorCode(problem["code"])) {
    return new HeadgateError("internal", { detail: `The running server answered with status ${status}.` });
  }
  const { code, detail, title, issues } = problem;
  return new HeadgateError(code, {
    detail: String(detail ?? title),
    issues: Array.isArray(issues) ? (issues as Issue[]) : undefined,
  });
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCatalogue, value);
}
