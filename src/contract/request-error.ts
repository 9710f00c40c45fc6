import type { ZodError } from "zod";
import { HeadgateError, type Issue } from "../errors.ts";
import { toPointer } from "../json.ts";

/** What zod found in a client's body, as `request_invalid` with a JSON Pointer for each issue. */
export function toRequestError(error: ZodError): HeadgateError {
  const issues = error.issues.map((issue): Issue => {
    const steps = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    return { path: toPointer(steps), message: issue.message };
  });
  const [first] = issues;
  const detail = first && `${first.path === "" ? "The body" : first.path}: ${first.message}.`;
  return new HeadgateError("request_invalid", { detail, issues });
}
