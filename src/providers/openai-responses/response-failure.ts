import type { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { toInBandError } from "../wire/provider-failure.ts";

/** Translates the `error` of a failed response, or of an `error` event. Some servers leave it out, or say it in words. */
export function toResponseFailure(peer: string, error: unknown): HeadgateError {
  return toInBandError(peer, { error: isRecord(error) ? error : { code: "server_error" } });
}
