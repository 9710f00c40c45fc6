import type { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { toInBandError } from "../wire/provider-failure.ts";

/** Translates the `error` of a failed response or an `error` event; some servers leave it out, or send a mere text. */
export function toResponseFailure(peer: string, error: unknown): HeadgateError {
  return toInBandError(peer, { error: isRecord(error) ? error : { code: "server_error" } });
}
