import { HeadgateError, type ErrorCode } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { parseRetryAfter, parseRetryDelay } from "./parse-retry-after.ts";

export interface FailedAnswer {
  /** What the error calls the provider, such as `The provider groq`. */
  readonly peer: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Translates an HTTP status that is not 2xx, with its body, into the catalogue. */
export function toProviderError(answer: FailedAnswer): HeadgateError {
  const { peer, status, headers, nowMs } = answer;
  const body = tryParse(answer.body);
  const words = readWords(body, headers);
  const code = toErrorCode(status, words, readMessage(body));
  const retryAfterMs = isRetryable(code) ? (parseRetryAfter(headers, nowMs) ?? readRetryDelay(body)) : undefined;
  return new HeadgateError(code, {
    detail: `${peer} answered ${status}${words.length === 0 ? "" : ` (${words.join(", ")})`}.`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * Finds the error that a body or an event of status 200 carries instead of an answer: `{"error": ...}`, or vLLM's
 * `{"object": "error", ...}`. OpenRouter and Groq report failures so once the status is sent, Anthropic's overload too.
 */
export function findInBandError(peer: string, body: Readonly<Record<string, unknown>>): HeadgateError | undefined {
  const { error } = body;
  const hasError = (error !== undefined && error !== null && error !== false) || body["object"] === "error";
  return hasError ? toInBandError(peer, body) : undefined;
}

/** Translates an error that came with status 200: its body has `error`, or is the error. */
export function toInBandError(peer: string, body: Readonly<Record<string, unknown>>): HeadgateError {
  const { error } = body;
  const words = readWords(body, {});
  const status = readStatus(isRecord(error) ? error : body) ?? guessStatus(words);
  const code = toErrorCode(status, words, readMessage(body));
  const retryAfterMs = isRetryable(code) ? readRetryDelay(body) : undefined;
  return new HeadgateError(code, {
    detail: `${peer} reported an error in its answer${words.length === 0 ? "" : ` (${words.join(", ")})`}.`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** What a spend limit is called; waiting does not help against it. */
const spentWords = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "billing_not_active",
  "billing_error",
  "enforced_spend_limit_reached",
  "contract_spend_limit_reached",
  "insufficient_balance",
]);

const contextWords = new Set([
  "context_length_exceeded",
  "context_window_exceeded",
  "string_above_max_length",
  "too_many_prompt_tokens",
]);
// Gemini refuses a wrong key with 400.
const authWords = new Set(["API_KEY_INVALID"]);
const filterWords = new Set([
  "content_filter",
  "content_policy_violation",
  "ResponsibleAIPolicyViolation",
  // OpenAI's models that reason, and its Responses.
  "invalid_prompt",
  "bio_policy",
  "cyber_policy",
  "image_content_policy_violation",
]);
// Anthropic's filter has no code.
const filterMessage = /blocked by content filtering policy/i;

// Vendors without a code for it say it in words: Anthropic, Gemini, Bedrock, vLLM, llama.cpp.
const contextMessage =
  /prompt is too long|exceeds? the (?:model'?s )?(?:maximum |max )?(?:context|number of tokens)|maximum context length|input (?:token count|is too long)|context (?:window|size|length)[^.]{0,40}exceed|exceed[^.]{0,40}context|number of (?:input )?tokens exceed/i;

function toErrorCode(status: number, words: readonly string[], message: string): ErrorCode {
  if (status === 401 || status === 403 || words.some((word) => authWords.has(word))) return "provider_auth";
  if (status === 429) return words.some((word) => spentWords.has(word)) ? "provider_rejected" : "provider_rate_limited";
  // 409 is a lost race inside the provider; OpenAI's own clients try it again as well.
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "provider_unavailable";
  if (words.some((word) => contextWords.has(word)) || contextMessage.test(message)) return "context_too_long";
  const isFiltered = words.some((word) => filterWords.has(word)) || filterMessage.test(message);
  return isFiltered ? "content_filtered" : "provider_rejected";
}

function isRetryable(code: ErrorCode): boolean {
  return code === "provider_rate_limited" || code === "provider_unavailable";
}

function tryParse(body: Uint8Array): unknown {
  try {
    const value = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
    // Gemini's streams put their only error into a list.
    return Array.isArray(value) ? (value[0] as unknown) : value;
  } catch {
    return undefined;
  }
}

// Only short identifiers may be shown; messages quote prompts and keys.
const identifier = /^[A-Za-z][A-Za-z0-9_]{1,47}$/;
const parameter = /^[A-Za-z][A-Za-z0-9_.[\]]{1,63}$/;

/** The error's `code`, `type` and `status`, the reasons and the parameter that it names, where they are identifiers. */
function readWords(body: unknown, headers: FailedAnswer["headers"]): string[] {
  const error = findError(body);
  if (!error) return [];
  const inner = isRecord(error["innererror"]) ? error["innererror"] : {};
  const details = isRecord(error["details"]) ? error["details"] : {};
  const codes = [error["code"], error["type"], error["error_code"], details["error_code"], inner["code"]];
  const named = [...codes, error["status"], error["__type"], ...readDetails(error).map((detail) => detail["reason"])];
  // Bedrock names the exception in a header, with a URL after a colon.
  const exception = headers["x-amzn-errortype"];
  const words = [...named, typeof exception === "string" ? exception.split(":")[0] : undefined].filter(
    (word) => typeof word === "string" && identifier.test(word),
  );
  const param = error["param"];
  if (typeof param === "string" && parameter.test(param)) words.push(param);
  return [...new Set(words)] as string[];
}

function findError(body: unknown): Record<string, unknown> | undefined {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : body;
  return isRecord(error) ? error : undefined;
}

/** Google's errors have a list of typed details, such as `ErrorInfo` with a reason, or `RetryInfo`. */
function readDetails({ details }: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  return Array.isArray(details) ? details.filter(isRecord) : [];
}

function readRetryDelay(body: unknown): number | undefined {
  const error = findError(body);
  return parseRetryDelay(error && readDetails(error).find((detail) => "retryDelay" in detail)?.["retryDelay"]);
}

/** Only ever searched, never shown. */
function readMessage(body: unknown): string {
  if (!isRecord(body)) return "";
  const { error } = body;
  const message = isRecord(error) ? error["message"] : (body["message"] ?? body["Message"] ?? error);
  return typeof message === "string" ? message.slice(0, 2000) : "";
}

function readStatus(error: Readonly<Record<string, unknown>>): number | undefined {
  const found = [error["status_code"], error["code"], error["status"]].map(Number);
  return found.find((status) => Number.isInteger(status) && status >= 400 && status < 600);
}

function guessStatus(words: readonly string[]): number {
  const text = words.join(" ").toLowerCase();
  if (/rate_?limit|too_?many_requests|quota|billing|spend_limit|balance|throttl|resource_exhausted/.test(text))
    return 429;
  if (/authentication|api_key|permission|forbidden|unauthorized|access_?denied/.test(text)) return 401;
  if (/invalid_|context_length|not_found|bad_?request|content_filter|validation|_policy|data_residency/.test(text))
    return 400;
  // What OpenAI says of images that it cannot use.
  if (/image_(?:too|parse|file)|empty_image|unsupported_image|failed_to_download/.test(text)) return 400;
  return 500;
}
