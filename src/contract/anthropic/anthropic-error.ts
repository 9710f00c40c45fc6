import type { HeadgateError } from "../../errors.ts";
import { toDialectStatus } from "../dialect.ts";

/** Anthropic's error body. The official clients choose their error class by the HTTP status. */
export function toAnthropicError(error: HeadgateError, requestId: string): Record<string, unknown> {
  return {
    type: "error",
    error: {
      type: toErrorType(toDialectStatus(error)),
      message: toMessage(error),
      details: toDetails(error),
    },
    request_id: requestId,
  };
}

/** Clients look for Anthropic's own words of a prompt that is too long: some then shorten the conversation and ask again. */
function toMessage({ code, message }: HeadgateError): string {
  if (code === "context_too_long") return `prompt is too long: ${message}`;
  return message || code;
}

/** Official clients read a stable code from the details, and some act on it. */
function toDetails({ code, issues = [] }: HeadgateError): Record<string, unknown> {
  // Told so, the official tool runner goes on without a thread and sends the whole conversation.
  if (code === "not_translatable" && issues.some(({ path }) => path === "/thread")) {
    return { error_code: "thread_unsupported_request", unsupported: [] };
  }
  return { error_code: code };
}

/** The event that a stream ends with when it fails midway. */
export function toErrorEvent(error: HeadgateError, requestId: string): string {
  return `event: error\ndata: ${JSON.stringify(toAnthropicError(error, requestId))}\n\n`;
}

function toErrorType(status: number): string {
  return errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
}

const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  408: "timeout_error",
  413: "request_too_large",
  429: "rate_limit_error",
  503: "overloaded_error",
  504: "timeout_error",
};
