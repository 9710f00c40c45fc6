import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Ending } from "./finish-reason.ts";
import { toResponseFailure } from "./response-failure.ts";

/**
 * How a response that is whole ended.
 * @throws HeadgateError what it failed with; `provider_protocol` if it has not ended, as those in the background
 */
export function readEnding(peer: string, response: Readonly<Record<string, unknown>>): Ending {
  const { status = "completed", error, incomplete_details: details } = response;
  if (status === "failed" || isRecord(error)) throw toResponseFailure(peer, error);
  const reason = isRecord(details) ? details["reason"] : undefined;
  const incompleteReason = typeof reason === "string" ? reason : undefined;
  if (status === "completed" || status === "incomplete") return { status, incompleteReason };
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered with a response that has not ended.` });
}
