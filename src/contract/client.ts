import { isRecord, parseJson } from "../json.ts";
import type { Answer } from "./answer.ts";
import type { Problem } from "./problem.ts";
import { readAnswerEvents } from "./read-answer-events.ts";
import type { ClientEvent } from "./read-answer-events.ts";

export type { Answer, AnswerEnvelope } from "./answer.ts";
export type { Problem } from "./problem.ts";
export type { ClientEvent } from "./read-answer-events.ts";

export interface ClientOptions {
  /** The server's address, such as `https://api.example.com`. A path before `/api` is kept. */
  readonly baseUrl: string;
  /** Sent as Bearer. Absent: no Authorization header. */
  readonly apiKey?: string;
  /** @default the platform's own `fetch` */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  /** Cancels the call, up to the model's own connection. */
  readonly signal?: AbortSignal;
  /** A UUID of your own for this request. @default the server makes one */
  readonly requestId?: string;
  /**
   * However often it is sent with this key, the request is carried out once, and goes on when the call is cancelled. A new
   * one for each request, such as a UUID: 1 to 255 printable ASCII characters.
   */
  readonly idempotencyKey?: string;
}

export interface Client {
  /** @throws HeadgateClientError with the server's problem */
  call<Output = Record<string, unknown>>(
    endpoint: string,
    contract: number,
    input: unknown,
    options?: CallOptions,
  ): Promise<Answer<Output>>;
  /**
   * Yields the answer as it grows; the last event is `done` with the whole answer. Leaving the loop early cancels the call.
   * @throws HeadgateClientError with the server's problem, before or within the stream
   */
  stream<Output = Record<string, unknown>>(
    endpoint: string,
    contract: number,
    input: unknown,
    options?: CallOptions,
  ): AsyncGenerator<ClientEvent<Output>, void, undefined>;
}

/** Why there is no answer: the server's problem, or none when the server did not get to report one. */
export class HeadgateClientError extends Error {
  readonly problem: Problem | undefined;
  /** The HTTP status; 0 when no answer came, 200 when one began and broke off or cannot be read. */
  readonly status: number;

  constructor(message: string, status: number, problem?: Problem, options?: ErrorOptions) {
    super(message, options);
    this.name = "HeadgateClientError";
    this.status = status;
    this.problem = problem;
  }
}

/** Calls a Headgate server from browsers and Node alike. Holds no connection and needs no closing. */
export function createClient({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions): Client {
  const root = baseUrl.replace(/\/+$/, "");

  async function post(path: string, input: unknown, accept: string, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json", accept };
    if (apiKey !== undefined) headers["authorization"] = `Bearer ${apiKey}`;
    if (options.requestId !== undefined) headers["x-request-id"] = options.requestId;
    // A String of RFC 9651.
    if (options.idempotencyKey !== undefined)
      headers["idempotency-key"] = `"${options.idempotencyKey.replaceAll(/["\\]/g, "\\$&")}"`;
    const init = { method: "POST", headers, body: JSON.stringify(input), signal: options.signal ?? null };
    let response: Response;
    try {
      response = await fetch(root + path, init);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw new HeadgateClientError(`No answer from ${root}.`, 0, undefined, { cause: error });
    }
    if (!response.ok) throw await toClientError(response);
    return response;
  }

  return {
    async call<Output>(endpoint: string, contract: number, input: unknown, options: CallOptions = {}) {
      const response = await post(toPath(endpoint, contract), input, "application/json", options);
      return (await readAnswer(response, options.signal)) as Answer<Output>;
    },
    async *stream<Output>(endpoint: string, contract: number, input: unknown, options: CallOptions = {}) {
      const response = await post(toPath(endpoint, contract), input, "text/event-stream", options);
      try {
        for await (const event of readAnswerEvents<Output>(response)) {
          if (event.type === "error") throw toProblemError(event.problem, response.status);
          yield event;
          if (event.type === "done") return;
        }
      } catch (error) {
        throw error instanceof HeadgateClientError ? error : toBrokenAnswer(error, response, options.signal);
      }
      throw new HeadgateClientError("The stream ended before the answer was complete.", response.status);
    },
  };
}

function toPath(endpoint: string, contract: number): string {
  return `/api/${encodeURIComponent(endpoint)}/v${contract}`;
}

async function readAnswer(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    const answer = parseJson(await response.text());
    if (isRecord(answer)) return answer;
  } catch (error) {
    throw toBrokenAnswer(error, response, signal);
  }
  throw new HeadgateClientError("The server's answer is not a JSON object.", response.status);
}

function toBrokenAnswer(error: unknown, { status }: Response, signal: AbortSignal | undefined): HeadgateClientError {
  signal?.throwIfAborted();
  return new HeadgateClientError("The server's answer broke off or cannot be read.", status, undefined, {
    cause: error,
  });
}

async function toClientError(response: Response): Promise<HeadgateClientError> {
  try {
    const problem = parseJson(await response.text());
    if (isRecord(problem) && typeof problem["code"] === "string")
      return toProblemError(problem as unknown as Problem, response.status);
  } catch {
    // A proxy in between answered with a page of its own, or the page broke off.
  }
  return new HeadgateClientError(`The server answered with status ${response.status}.`, response.status);
}

function toProblemError(problem: Problem, status: number): HeadgateClientError {
  const message = problem.detail === undefined ? problem.title : `${problem.title}. ${problem.detail}`;
  return new HeadgateClientError(message, problem.status ?? status, problem);
}
