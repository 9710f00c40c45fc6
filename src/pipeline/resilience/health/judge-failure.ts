import type { ErrorCode } from "../../../errors.ts";

/**
 * What a failed model call says of its deployment.
 * - `failed`: it is not well.
 * - `overloaded`: it is not well, having too much to do.
 * - `limited`: it has too much to do, or we ask too much of it; it is well.
 * - `alive`: it is well, and the request was at fault.
 * - `nothing`.
 */
export type Judgement = "failed" | "overloaded" | "limited" | "alive" | "nothing";

/** What is not listed says nothing. */
const judgements: Partial<Record<ErrorCode, Judgement>> = {
  provider_unavailable: "failed",
  provider_protocol: "failed",
  stream_cut: "failed",
  stream_stalled: "failed",
  // A deployment whose key, credit or model is gone is of no use to any call.
  provider_auth: "failed",
  provider_spent: "failed",
  provider_model_unknown: "failed",
  provider_silent: "overloaded",
  provider_overloaded: "overloaded",
  provider_rate_limited: "limited",
  provider_rejected: "alive",
  context_too_long: "alive",
  content_filtered: "alive",
  provider_response_too_large: "alive",
};

export function judgeFailure(code: ErrorCode): Judgement {
  return judgements[code] ?? "nothing";
}
