/** How one kind of failure is reported: HTTP status, whether trying again can help, and a fixed title that never holds data. */
export interface ErrorEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
}

/** The model or its provider has failed: neither the request is to blame nor Headgate. */
const modelFailures = {
  output_invalid: { status: 502, retryable: true, title: "The model's answer does not match the contract" },
  provider_rejected: { status: 502, retryable: false, title: "The provider rejected the request" },
  provider_auth: { status: 502, retryable: false, title: "The provider rejected its credentials" },
  provider_rate_limited: { status: 503, retryable: true, title: "The provider is rate limited" },
  provider_spent: { status: 503, retryable: false, title: "The provider's spend limit is reached" },
  provider_model_unknown: { status: 502, retryable: false, title: "The provider does not have the model" },
  provider_silent: { status: 504, retryable: true, title: "The provider did not begin to answer in time" },
  stream_stalled: { status: 504, retryable: true, title: "The provider's stream stopped without an end" },
  provider_overloaded: { status: 503, retryable: true, title: "The provider has too much to do" },
  provider_unavailable: { status: 503, retryable: true, title: "The provider is not available" },
  provider_protocol: { status: 502, retryable: true, title: "The provider's answer cannot be read" },
  provider_response_too_large: { status: 502, retryable: false, title: "The provider's answer is too large" },
  stream_cut: { status: 502, retryable: true, title: "The provider's stream ended without a finish" },
  deadline_exceeded: { status: 504, retryable: true, title: "The request's deadline has passed" },
} as const satisfies Record<string, ErrorEntry>;

/** Every error that leaves Headgate. Adding an error is adding a row here and in docs/reference/errors.md. */
export const errorCatalogue = {
  // The client's side
  request_invalid: { status: 400, retryable: false, title: "The request is malformed" },
  json_invalid: { status: 400, retryable: false, title: "The body is not valid JSON" },
  input_invalid: { status: 422, retryable: false, title: "The input does not match the endpoint's contract" },
  input_too_long: { status: 413, retryable: false, title: "The input has more tokens than the endpoint takes" },
  output_too_long: { status: 400, retryable: false, title: "More output is asked for than the endpoint gives" },
  body_too_large: { status: 413, retryable: false, title: "The body is larger than the server takes" },
  media_type_unsupported: { status: 415, retryable: false, title: "The content type is not supported" },
  key_missing: { status: 401, retryable: false, title: "An API key is required" },
  key_invalid: { status: 401, retryable: false, title: "The API key is not known" },
  scope_missing: { status: 403, retryable: false, title: "The API key may not do this" },
  route_not_found: { status: 404, retryable: false, title: "There is no such route" },
  method_not_allowed: { status: 405, retryable: false, title: "The route does not take this method" },
  endpoint_not_found: { status: 404, retryable: false, title: "There is no such endpoint" },
  model_not_found: { status: 404, retryable: false, title: "There is no such model or tier" },
  not_translatable: { status: 400, retryable: false, title: "The chosen model's provider cannot be asked for this" },
  response_not_found: { status: 404, retryable: false, title: "There is no such stored response" },
  record_not_found: { status: 404, retryable: false, title: "There is no such request record" },
  key_not_found: { status: 404, retryable: false, title: "There is no such API key" },
  rule_set_not_found: { status: 404, retryable: false, title: "There is no such rule set" },
  rate_limited: { status: 429, retryable: true, title: "The rate limit is reached" },
  budget_exceeded: { status: 429, retryable: false, title: "The budget is used up" },
  not_cached: { status: 504, retryable: false, title: "No kept answer fits the request" },
  idempotency_key_invalid: { status: 400, retryable: false, title: "The Idempotency-Key is malformed" },
  idempotency_conflict: {
    status: 409,
    retryable: true,
    title: "A request with this Idempotency-Key is being answered",
  },
  idempotency_mismatch: { status: 422, retryable: false, title: "This Idempotency-Key was used for another request" },
  idempotency_unknown: {
    status: 409,
    retryable: false,
    title: "It is not known whether the request with this Idempotency-Key was carried out",
  },
  origin_forbidden: { status: 403, retryable: false, title: "The request does not come from this machine" },
  request_timed_out: { status: 408, retryable: true, title: "The request took too long to arrive" },
  headers_too_large: { status: 431, retryable: false, title: "The request's headers are too large" },
  request_cancelled: { status: 499, retryable: false, title: "The client closed the request" },
  // The model's side: what it makes of the request, and then its failures
  context_too_long: { status: 400, retryable: false, title: "The prompt is longer than the model's context" },
  content_filtered: { status: 400, retryable: false, title: "The provider's content filter refused the request" },
  ...modelFailures,
  // Our side
  not_ready: { status: 503, retryable: true, title: "The server is not ready" },
  shutting_down: { status: 503, retryable: true, title: "The server is shutting down" },
  overloaded: { status: 503, retryable: true, title: "The server has too much work in flight" },
  store_unavailable: { status: 503, retryable: true, title: "The store is not available" },
  store_locked: { status: 503, retryable: false, title: "Another process has the store open" },
  store_corrupt: { status: 500, retryable: false, title: "The store cannot be opened" },
  address_in_use: { status: 500, retryable: false, title: "The address is taken by another process" },
  project_invalid: { status: 500, retryable: false, title: "The project has mistakes" },
  config_invalid: { status: 500, retryable: false, title: "The settings are not valid" },
  provider_missing: { status: 500, retryable: false, title: "No model provider is configured" },
  server_open: { status: 500, retryable: false, title: "The server would be open to anyone" },
  price_unknown: { status: 500, retryable: false, title: "A budget in money needs the price of the model" },
  internal: { status: 500, retryable: false, title: "Unexpected internal error" },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One field of an input or answer that breaks its schema. Holds no value of the data. */
export interface Issue {
  /** JSON Pointer (RFC 6901) to the field; "" is the whole document. */
  readonly path: string;
  readonly message: string;
}

export interface HeadgateErrorOptions {
  /** What happened this time and what to do. Shown to clients: never holds prompts, keys or provider bodies. */
  readonly detail?: string;
  readonly issues?: readonly Issue[];
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** False: whoever failed says that asking it again is of no use. */
  readonly shouldRetry?: boolean;
  readonly cause?: unknown;
}

const brand = Symbol.for("headgate.error");

/** The only error type that crosses a module border on purpose; anything else is a bug and reported as `internal`. */
export class HeadgateError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly issues: readonly Issue[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean | undefined;

  constructor(code: ErrorCode, options: HeadgateErrorOptions = {}) {
    super(options.detail ?? errorCatalogue[code].title, { cause: options.cause });
    this.name = "HeadgateError";
    this.code = code;
    this.detail = options.detail;
    this.issues = options.issues;
    this.retryAfterMs = options.retryAfterMs;
    this.shouldRetry = options.shouldRetry;
    Object.defineProperty(this, brand, { value: true });
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  get isModelFailure(): boolean {
    return this.code in modelFailures;
  }

  /** Works across two loaded copies of the package, unlike `instanceof`. */
  static is(value: unknown, code?: ErrorCode): value is HeadgateError {
    return (
      value instanceof Error &&
      brand in value &&
      (code === undefined || (value as unknown as HeadgateError).code === code)
    );
  }

  /** Wraps what is not ours as `internal`, keeping it as `cause`. */
  static from(value: unknown): HeadgateError {
    return HeadgateError.is(value) ? value : new HeadgateError("internal", { cause: value });
  }
}
