import type { ErrorCode, HeadgateError } from "../../errors.ts";

/**
 * What a failed model call leads to.
 * - `retry`: the same model again: at another deployment at once, else at the same one after a wait; then the next model.
 * - `rotate`: another deployment, else the next model; never the same one again in this request.
 * - `larger-context`: a model of the tier whose context is known to be larger.
 * - `skip`: as `rotate`, but nobody was asked, and nothing is counted.
 * - `stop`: the request fails.
 */
export type Decision = "retry" | "rotate" | "larger-context" | "skip" | "stop";

/** Every code that a model call can fail with; what is not listed stops. */
const decisions: Partial<Record<ErrorCode, Decision>> = {
  provider_rate_limited: "retry",
  provider_overloaded: "retry",
  provider_unavailable: "retry",
  provider_protocol: "retry",
  stream_cut: "retry",
  provider_silent: "rotate",
  stream_stalled: "rotate",
  provider_auth: "rotate",
  provider_spent: "rotate",
  provider_model_unknown: "rotate",
  overloaded: "rotate",
  context_too_long: "larger-context",
  not_translatable: "skip",
};

export function decide({ code, shouldRetry }: Pick<HeadgateError, "code" | "shouldRetry">): Decision {
  const decision = decisions[code] ?? "stop";
  return decision === "retry" && shouldRetry === false ? "rotate" : decision;
}

/** A row of the decision table, for people. */
export interface DecisionRow {
  /** What was seen of the provider. */
  readonly when: string;
  readonly code: ErrorCode;
  readonly decision: Decision;
  readonly why: string;
}

const rows: readonly Omit<DecisionRow, "decision">[] = [
  { when: "429", code: "provider_rate_limited", why: "Passes with time: Retry-After is kept to, up to 30 s." },
  { when: "429 of a spend limit, 402", code: "provider_spent", why: "No wait within a request helps against it." },
  { when: "503, 529, overloaded_error", code: "provider_overloaded", why: "Passes, often at once." },
  {
    when: "500, 502, 504, 408, 409, 425, any other 5xx",
    code: "provider_unavailable",
    why: "A fault of the moment, as far as can be told.",
  },
  {
    when: "refused, reset or failed connection, TLS or DNS failure",
    code: "provider_unavailable",
    why: "The request was not answered.",
  },
  { when: "401, 403", code: "provider_auth", why: "The key is wrong here; another deployment has another." },
  { when: "404", code: "provider_model_unknown", why: "The model is gone here." },
  {
    when: "400 for a prompt beyond the context",
    code: "context_too_long",
    why: "The same model would refuse it again.",
  },
  {
    when: "400 of a content filter",
    code: "content_filtered",
    why: "A refusal is an answer, and not to be shopped around.",
  },
  { when: "any other 4xx", code: "provider_rejected", why: "The request itself is at fault." },
  {
    when: "no JSON, no answer in it, a web page, a redirect, broken HTTP, an event that cannot be read",
    code: "provider_protocol",
    why: "Something in between answered, or the bytes were damaged.",
  },
  {
    when: "an answer beyond its size limit",
    code: "provider_response_too_large",
    why: "It would cost the same again.",
  },
  {
    when: "no first content in time",
    code: "provider_silent",
    why: "Waiting again on the same route wastes the deadline.",
  },
  {
    when: "no further content in time",
    code: "stream_stalled",
    why: "Waiting again on the same route wastes the deadline.",
  },
  {
    when: "a stream that ends without a finish, [DONE] without one, a reset midway",
    code: "stream_cut",
    why: "Without a finish no answer is complete.",
  },
  { when: "the deployment has as much in flight as it takes", code: "overloaded", why: "Another may have room." },
  {
    when: "a request that the provider cannot be told",
    code: "not_translatable",
    why: "The next model may speak the client's dialect.",
  },
  { when: "the request's deadline has passed", code: "deadline_exceeded", why: "Nobody waits any more." },
  { when: "the client is gone", code: "request_cancelled", why: "Nobody waits any more." },
];

/** The decision table, for `headgate doctor --retries` and the docs. */
export function describeDecisions(): readonly DecisionRow[] {
  return rows.map(({ when, code, why }) => ({ when, code, decision: decisions[code] ?? "stop", why }));
}
