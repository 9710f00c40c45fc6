import type { Failure } from "../dialects/dialect.ts";
import type { Exchange, Headers } from "../exchange.ts";
import { allDialects, defineFaults, type FaultRow, type ScriptedFault } from "../fault.ts";

interface StatusRow {
  readonly name: string;
  readonly status: number;
  readonly what: string;
  readonly failure: Failure;
  readonly headers?: (exchange: Exchange) => Headers;
  /** In place of the dialect's own error. */
  readonly body?: unknown;
  readonly isClientFault?: boolean;
  readonly recoverable?: boolean;
  readonly params?: string;
}

const rateLimited: Failure = { kind: "rate-limit", message: "Rate limit reached for requests. Please slow down." };
const overloaded: Failure = { kind: "overloaded", message: "Overloaded" };

const refusals: readonly StatusRow[] = toRefusals([
  {
    name: "bad-request",
    status: 400,
    what: "400: the request is at fault.",
    failure: { kind: "invalid-request", message: "Invalid value: 'temperature'.", param: "temperature" },
  },
  {
    name: "context-length",
    status: 400,
    what: "400: the prompt is longer than this model's context.",
    failure: {
      kind: "invalid-request",
      message:
        "prompt is too long: 210000 tokens > 200000 maximum. This model's maximum context length is 200000 tokens.",
      code: "context_length_exceeded",
      param: "messages",
    },
  },
  {
    name: "content-filter",
    status: 400,
    what: "400: the vendor's content filter refused the prompt; asking elsewhere would shop around.",
    failure: {
      kind: "invalid-request",
      message: "The response was filtered due to the prompt triggering the content management policy.",
      code: "content_filter",
      param: "prompt",
    },
  },
  {
    name: "too-large",
    status: 413,
    what: "413: the request is larger than the vendor takes.",
    failure: { kind: "too-large", message: "Request exceeds the maximum size" },
  },
  {
    name: "unprocessable",
    status: 422,
    what: "422: the request is at fault.",
    failure: { kind: "invalid-request", message: "Unprocessable entity" },
  },
]);

const accountFaults: readonly StatusRow[] = [
  {
    name: "unauthorized",
    status: 401,
    what: "401: the key is wrong.",
    failure: { kind: "auth", message: "invalid x-api-key" },
  },
  {
    name: "payment-required",
    status: 402,
    what: "402: the account has no money.",
    failure: { kind: "billing", message: "Your credit balance is too low to access the API." },
  },
  {
    name: "forbidden",
    status: 403,
    what: "403: the key may not use the model.",
    failure: { kind: "permission", message: "Your API key does not have permission to use the specified resource." },
  },
  {
    name: "model-gone",
    status: 404,
    what: "404: the model is no longer there.",
    failure: { kind: "not-found", message: "The model `hostile` does not exist or you do not have access to it." },
  },
  {
    name: "spend-cap",
    status: 429,
    what: "429 without Retry-After: the spend limit is reached, and waiting does not help.",
    failure: {
      kind: "billing",
      message: "You exceeded your current quota, please check your plan and billing details.",
    },
  },
  {
    name: "spend-cap-enforced",
    status: 429,
    what: "429 without Retry-After, error_code enforced_spend_limit_reached.",
    failure: rateLimited,
    body: {
      type: "error",
      error: {
        type: "rate_limit_error",
        code: "enforced_spend_limit_reached",
        error_code: "enforced_spend_limit_reached",
        message: "The enforced spend limit was reached.",
      },
    },
  },
  {
    name: "spend-cap-azure",
    status: 429,
    what: "429 without Retry-After in Azure's form: quota exceeded.",
    failure: rateLimited,
    body: {
      error: { code: "insufficient_quota", message: "You have exceeded your Azure OpenAI quota. Please raise it." },
    },
  },
];

const passing: readonly StatusRow[] = [
  { name: "request-timeout", status: 408, what: "408.", failure: { kind: "timeout", message: "Request timed out." } },
  { name: "conflict", status: 409, what: "409: a lock is held.", failure: { kind: "api", message: "Lock timeout." } },
  { name: "too-early", status: 425, what: "425.", failure: { kind: "api", message: "Too early." } },
  { name: "server-error", status: 500, what: "500.", failure: { kind: "api", message: "Internal server error" } },
  { name: "unavailable", status: 503, what: "503.", failure: overloaded },
  { name: "gateway-timeout", status: 504, what: "504.", failure: { kind: "timeout", message: "Gateway timeout." } },
  { name: "overloaded", status: 529, what: "529, Anthropic's own.", failure: overloaded },
  {
    name: "odd-5xx",
    status: 599,
    what: "599, a status that nobody defines.",
    failure: { kind: "unknown", message: "?" },
  },
  {
    name: "should-not-retry",
    status: 503,
    what: "503 with x-should-retry: false.",
    failure: overloaded,
    headers: () => ({ "x-should-retry": "false" }),
  },
  {
    name: "should-retry",
    status: 429,
    what: "429 with x-should-retry: true.",
    failure: rateLimited,
    headers: () => ({ "x-should-retry": "true" }),
  },
];

const rateLimits: readonly StatusRow[] = toRateLimits([
  { name: "rate-limit-bare", what: "no Retry-After", headers: () => ({}) },
  {
    name: "rate-limit",
    what: "Retry-After in seconds",
    params: "s=1",
    headers: (exchange) => ({ "retry-after": exchange.params.text("s", "1") }),
  },
  {
    name: "rate-limit-date",
    what: "Retry-After as an HTTP date",
    params: "s=2",
    headers: ({ clock, params }) => ({
      "retry-after": new Date(clock.now() + params.number("s", 2) * 1000).toUTCString(),
    }),
  },
  {
    name: "rate-limit-past-date",
    what: "Retry-After as an HTTP date that has passed",
    headers: () => ({ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }),
  },
  {
    name: "rate-limit-ms",
    what: "retry-after-ms",
    params: "ms=500",
    headers: ({ params }) => ({ "retry-after-ms": params.text("ms", "500"), "retry-after": "1" }),
  },
  { name: "rate-limit-negative", what: "Retry-After: -5", headers: () => ({ "retry-after": "-5" }) },
  { name: "rate-limit-day", what: "Retry-After: 86400", headers: () => ({ "retry-after": "86400" }) },
  { name: "rate-limit-nan", what: "Retry-After: NaN", headers: () => ({ "retry-after": "NaN" }) },
  { name: "rate-limit-huge", what: "Retry-After: 1e400", headers: () => ({ "retry-after": "1e400" }) },
  {
    name: "rate-limit-durations",
    what: "x-ratelimit-reset-* as Go durations",
    headers: () => toRateHeaders("0", "6m0s", "1s"),
  },
  {
    name: "rate-limit-garbage",
    what: "x-ratelimit-* of -1 and 0, as Azure sends",
    headers: () => toRateHeaders("-1", "0", "-1"),
  },
]);

/** B, the statuses. */
export const statusFaults: readonly ScriptedFault[] = defineFaults(
  { group: "B", appliesTo: "both", dialects: allDialects },
  [
    ...[...refusals, ...accountFaults, ...passing, ...rateLimits].map((row) => toFault(row)),
    {
      name: "status",
      what: "Any status, with any Retry-After.",
      params: "code=500&retry-after=",
      run: (exchange) => {
        const { params, writer } = exchange;
        const after: Headers = params.has("retry-after") ? { "retry-after": params.text("retry-after", "") } : {};
        const body = writer.toErrorBody({ kind: "api", message: "Scripted status." });
        return exchange.respondJson(params.number("code", 500), body, after);
      },
    },
  ],
);

function toFault({ name, status, what, failure, headers, body, ...rest }: StatusRow): FaultRow {
  return {
    ...rest,
    name,
    what,
    run: (exchange) => exchange.respondJson(status, body ?? exchange.writer.toErrorBody(failure), headers?.(exchange)),
  };
}

function toRateHeaders(remaining: string, requests: string, tokens: string): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-requests": remaining,
    "x-ratelimit-remaining-tokens": remaining,
    "x-ratelimit-reset-requests": requests,
    "x-ratelimit-reset-tokens": tokens,
  };
}

function toRefusals(rows: readonly StatusRow[]): StatusRow[] {
  return rows.map((row) => ({ isClientFault: true, recoverable: false, ...row }));
}

function toRateLimits(rows: readonly Omit<StatusRow, "status" | "failure">[]): StatusRow[] {
  return rows.map((row) => ({ ...row, what: `429: ${row.what}.`, status: 429, failure: rateLimited }));
}
