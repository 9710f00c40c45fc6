import { HeadgateError } from "../errors.ts";
import { toDialectStatus } from "./dialect.ts";

/** OpenAI's error body; the official clients choose their error class by the HTTP status. */
export function toOpenAiError(thrown: unknown): { readonly error: Record<string, unknown> } {
  const error = HeadgateError.from(thrown);
  const [issue] = error.issues ?? [];
  return {
    error: {
      message: toMessage(error),
      type: toErrorType(error),
      param: issue === undefined ? null : toParameter(issue.path),
      code: error.code === "context_too_long" ? "context_length_exceeded" : error.code,
    },
  };
}

/** Clients look for OpenAI's own words of a prompt that is too long: some then shorten the conversation and ask again. */
function toMessage({ code, message }: HeadgateError): string {
  if (code === "context_too_long") return `The prompt exceeds the model's maximum context length. ${message}`.trim();
  return message || code;
}

function toErrorType(error: HeadgateError): string {
  const status = toDialectStatus(error);
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

/** A JSON Pointer as OpenAI writes it: `messages[0].role`. */
function toParameter(pointer: string): string {
  const steps = pointer.split("/").slice(1);
  const names = steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.map((name, index) => (/^\d+$/.test(name) ? `[${name}]` : `${index === 0 ? "" : "."}${name}`)).join("");
}
