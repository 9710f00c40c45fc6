import type { ErrorCode } from "../../errors.ts";

/** What a failed answer says of its failure. */
export interface FailureSigns {
  readonly status: number;
  /** The error's identifiers. */
  readonly words: readonly string[];
  /** The error's message. Only ever searched, never shown. */
  readonly message: string;
  /** The vendor's own word on asking again (`x-should-retry`), as OpenAI's and Anthropic's clients take it. */
  readonly shouldRetry?: boolean;
}

/** Finds the failure in the catalogue. A vendor that says to ask again means a fault of its own. */
export function toErrorCode({ status, words, message, shouldRetry }: FailureSigns): ErrorCode {
  const code = findCode(status, words, message);
  const isRequestsFault = code !== "provider_spent" && !retryableCodes.has(code);
  return shouldRetry === true && isRequestsFault && status >= 400 ? "provider_unavailable" : code;
}

/** Codes of failures that pass: only they may say how long to wait. */
export const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  "provider_rate_limited",
  "provider_overloaded",
  "provider_unavailable",
]);

function findCode(status: number, words: readonly string[], message: string): ErrorCode {
  // Redirects are never followed: whoever sends one is no model.
  if (status < 400) return "provider_protocol";
  if (status === 402 || (status < 500 && (has(words, spentWords) || spentMessage.test(message)))) {
    return "provider_spent";
  }
  if (status === 401 || status === 403 || has(words, authWords)) return "provider_auth";
  if (status === 429) return "provider_rate_limited";
  if (status === 503 || status === 529 || has(words, overloadWords)) return "provider_overloaded";
  // 409 is a lost race inside the provider; OpenAI's own clients try it again as well.
  if (status === 408 || status === 409 || status === 425 || status >= 500) return "provider_unavailable";
  if (has(words, contextWords) || contextMessage.test(message)) return "context_too_long";
  if (has(words, filterWords) || filterMessage.test(message)) return "content_filtered";
  if (ownThingMessage.test(message)) return "provider_rejected";
  const isModelUnknown = has(words, modelWords) || modelMessage.test(message);
  return status === 404 || status === 410 || isModelUnknown ? "provider_model_unknown" : "provider_rejected";
}

/** The status that an error without one would have had. */
export function guessStatus(words: readonly string[]): number {
  const text = words.join(" ").toLowerCase();
  if (/rate_?limit|too_?many_requests|quota|billing|spend_limit|balance|throttl|resource_exhausted/.test(text))
    return 429;
  if (/authentication|api_key|permission|forbidden|unauthorized|access_?denied/.test(text)) return 401;
  if (/overloaded|slow_down|service_?unavailable/.test(text)) return 503;
  if (/invalid_|context_length|not_found|bad_?request|content_filter|validation|_policy|data_residency/.test(text))
    return 400;
  // What OpenAI says of images that it cannot use.
  if (/image_(?:too|parse|file)|empty_image|unsupported_image|failed_to_download/.test(text)) return 400;
  return 500;
}

function has(words: readonly string[], set: ReadonlySet<string>): boolean {
  return words.some((word) => set.has(word));
}

/** What a spend limit is called; waiting does not help against it. */
const spentWords: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "billing_not_active",
  "billing_error",
  "enforced_spend_limit_reached",
  "contract_spend_limit_reached",
  "insufficient_balance",
]);
// Anthropic says it in words, with status 400. Google says "quota" of every limit per minute.
const spentMessage = /credit balance is too low|insufficient (?:account )?(?:balance|credits?)\b/i;

// Gemini refuses a wrong key with 400.
const authWords: ReadonlySet<string> = new Set(["API_KEY_INVALID"]);

const overloadWords: ReadonlySet<string> = new Set(["overloaded_error", "server_is_overloaded", "slow_down"]);

const contextWords: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "context_window_exceeded",
  "string_above_max_length",
  "too_many_prompt_tokens",
]);
// Vendors without a code for it say it in words: Anthropic, Gemini, Bedrock, vLLM, llama.cpp.
const contextMessage =
  /prompt is too long|exceeds? the (?:model'?s )?(?:maximum |max )?(?:context|number of tokens)|maximum context length|input (?:token count|is too long)|context (?:window|size|length)[^.]{0,40}exceed|exceed[^.]{0,40}context|number of (?:input )?tokens exceed/i;

const filterWords: ReadonlySet<string> = new Set([
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

const modelWords: ReadonlySet<string> = new Set([
  "model_not_found",
  "not_found_error",
  // Groq and Mistral say it with status 400.
  "model_decommissioned",
  "invalid_model",
]);
// Bedrock's has no code.
const modelMessage = /model identifier is invalid/i;

// What a client names and the vendor does not have, as OpenAI and Anthropic say it, with 404 too. The model is there: a
// client must not be able to make others' calls turn away from it.
const ownThingMessage =
  /^(?:no such file|(?:the )?(?:file|prompt|conversation|response|previous response|container|vector store|item|skill)s?\b[^.]{0,200}\bnot found)/i;
