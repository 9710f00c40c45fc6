import { HeadgateError, type ErrorCode } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { toInBandError, toProviderError } from "../wire/provider-failure.ts";

/** The names of the AI SDK's errors, which survive several copies of the package. */
const named: Readonly<Record<string, ErrorCode>> = {
  AI_LoadAPIKeyError: "provider_auth",
  AI_LoadSettingError: "provider_auth",
  AI_UnsupportedFunctionalityError: "not_translatable",
  AI_InvalidPromptError: "not_translatable",
  AI_InvalidArgumentError: "not_translatable",
  AI_NoSuchModelError: "provider_model_unknown",
  AI_TooManyEmbeddingValuesForCallError: "provider_rejected",
  AI_EmptyResponseBodyError: "provider_protocol",
  AI_InvalidResponseDataError: "provider_protocol",
  AI_JSONParseError: "provider_protocol",
  AI_NoContentGeneratedError: "provider_protocol",
  AI_TypeValidationError: "provider_protocol",
};

export interface FailureContext {
  readonly peer: string;
  readonly nowMs: number;
}

/** Translates whatever a model throws, or streams as its error. Its message may quote the prompt and is never shown. */
export function toFailure(error: unknown, context: FailureContext): HeadgateError {
  if (HeadgateError.is(error)) return error;
  const { peer } = context;
  if (!isRecord(error)) return fail("provider_unavailable", `${peer} reported an error.`);
  if (typeof error["statusCode"] === "number") return toStatusFailure(error, error["statusCode"], context);
  const { name, isRetryable, message } = error;
  const code = typeof name === "string" ? named[name] : undefined;
  if (code !== undefined) {
    // How the openai-compatible provider reports a stream that was cut.
    const isCut = code === "provider_protocol" && typeof message === "string" && /stream ended without/i.test(message);
    return isCut ? toCut(peer) : fail(code, `${peer} failed (${String(name)}).`);
  }
  // What vendors stream as an error is often passed on as it came.
  if (!(error instanceof Error)) return toInBandError(peer, isRecord(error["error"]) ? error : { error });
  const retries = isRetryable !== false;
  return fail(retries ? "provider_unavailable" : "provider_rejected", `${peer} failed (${toWord(error)}).`);
}

export function toCut(peer: string): HeadgateError {
  return fail("stream_cut", `${peer} ended its stream in the middle of the answer.`);
}

/** An `APICallError`, or anything that looks like one. */
function toStatusFailure(
  error: Readonly<Record<string, unknown>>,
  status: number,
  { peer, nowMs }: FailureContext,
): HeadgateError {
  const { responseHeaders, responseBody, isRetryable, data } = error;
  // The answer began, and either broke off or could not be read.
  if (status < 400 && isRetryable === true) return fail("provider_unavailable", `${peer} broke off its answer.`);
  if (status < 400) return fail("provider_protocol", `${peer} answered with something that cannot be read.`);
  const body = typeof responseBody === "string" ? responseBody : JSON.stringify(data ?? {});
  const headers = isRecord(responseHeaders) ? (responseHeaders as Record<string, string>) : {};
  const failure = toProviderError({ peer, status, headers, body: Buffer.from(body), nowMs });
  if (isRetryable === false && failure.retryable) return fail("provider_rejected", failure.detail);
  const isLost = isRetryable === true && failure.code === "provider_rejected" && status !== 429;
  return isLost ? fail("provider_unavailable", failure.detail) : failure;
}

/** The error itself holds the request, and is not kept. */
function fail(code: ErrorCode, detail: string | undefined): HeadgateError {
  return new HeadgateError(code, { detail });
}

/** The code of a network error, else the error's name. */
function toWord(error: Error & { readonly code?: unknown }): string {
  const word = typeof error.code === "string" ? error.code : error.name;
  return /^\w{1,48}$/.test(word) ? word : "Error";
}
