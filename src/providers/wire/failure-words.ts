import { isRecord, parseJson } from "../../json.ts";

export type FailureHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The JSON of a failed answer's body, if it is that. */
export function parseFailure(body: Uint8Array): unknown {
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

/**
 * The error's `code`, `type` and `status`, the reasons, the filter's categories and the parameter that it names, where they
 * are identifiers.
 */
export function readWords(body: unknown, headers: FailureHeaders): string[] {
  const error = findError(body);
  if (!error) return [];
  const inner = isRecord(error["innererror"]) ? error["innererror"] : {};
  const details = isRecord(error["details"]) ? error["details"] : {};
  const codes = [error["code"], error["type"], error["error_code"], details["error_code"], inner["code"]];
  const named = [...codes, error["status"], error["__type"], ...readDetails(error).map((detail) => detail["reason"])];
  // Bedrock names the exception in a header, with a URL after a colon.
  const exception = headers["x-amzn-errortype"];
  const words = [
    ...named,
    typeof exception === "string" ? exception.split(":")[0] : undefined,
    ...readFiltered(inner["content_filter_result"]),
  ].filter((word) => typeof word === "string" && identifier.test(word));
  const param = error["param"];
  if (typeof param === "string" && parameter.test(param)) words.push(param);
  return [...new Set(words)] as string[];
}

/** Azure's filter names all of its categories, each with whether it struck. */
function readFiltered(result: unknown): string[] {
  if (!isRecord(result)) return [];
  return Object.entries(result).flatMap(([category, verdict]) =>
    isRecord(verdict) && verdict["filtered"] === true ? [category] : [],
  );
}

export function findError(body: unknown): Record<string, unknown> | undefined {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : body;
  return isRecord(error) ? error : undefined;
}

/** Google's errors have a list of typed details, such as `ErrorInfo` with a reason, or `RetryInfo`. */
export function readDetails({ details }: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  return Array.isArray(details) ? details.filter(isRecord) : [];
}

/** Only ever searched, never shown. */
export function readMessage(body: unknown): string {
  if (!isRecord(body)) return "";
  const { error } = body;
  const message = isRecord(error) ? error["message"] : (body["message"] ?? body["Message"] ?? error);
  return typeof message === "string" ? message.slice(0, 2000) : "";
}
