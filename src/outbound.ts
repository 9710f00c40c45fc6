import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { Client, Pool, type Dispatcher, type buildConnector } from "undici";
import { systemClock, type Clock } from "./clock.ts";
import { HeadgateError } from "./errors.ts";
import { readBytes, readThroughOneBuffer } from "./socket-reads.ts";

export interface OutboundRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Its origin picks the connection pool; a URL that is parsed once is cheaper than its text. Redirects are never followed. */
  readonly url: URL | string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Aborting closes the connection at once: while connecting, while waiting for the head, while the body comes. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; then the request ends with `deadline_exceeded`. */
  readonly deadlineMs: number;
  /** Most bytes of the body; more ends the request with `provider_response_too_large`. */
  readonly maxBytes: number;
  /** What errors call the other side; shown to clients. @default "The other side" */
  readonly peer?: string;
}

interface WholeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface StreamedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end, released or cancelled. */
  readonly body: ByteStream;
}

/** A body on its way, for one reader. Holds at most 48 KiB that nobody has read, what waits in the socket included. */
export interface ByteStream {
  /** The next bytes, or undefined at the end. Rejects with what the request failed with. */
  next(): Promise<Buffer | undefined>;
  /** All bytes that are left. */
  collect(): Promise<Buffer>;
  /** For a reader that has what it wanted, or waits for no more: `next` ends. The connection is kept if the body ends within a second. */
  release(): void;
  /** Closes the connection at once, unless the body has ended. */
  cancel(): void;
}

export interface OutboundOptions {
  readonly clock?: Clock;
  /** Connections to one origin; further requests wait for a free one. @default 512 */
  readonly connectionsPerOrigin?: number;
  /** Requests to one origin that may wait for a connection; more are `overloaded`. @default 1024 */
  readonly waitingPerOrigin?: number;
}

/**
 * The only way out of the process over HTTP: keep-alive pools, one for each origin. Bodies are never decompressed, so
 * none can swell: an answer with a content encoding, which nobody asked for, is `provider_protocol`.
 */
export interface Outbound {
  /** Resolves with the whole answer, whatever its status. @throws HeadgateError */
  request(request: OutboundRequest): Promise<WholeAnswer>;
  /** Resolves when the answer's head is there, whatever its status. @throws HeadgateError */
  stream(request: OutboundRequest): Promise<StreamedAnswer>;
  /** Closes every connection; what is in flight fails. */
  close(): Promise<void>;
}

const mostIdleOrigins = 256;
const mostInformationalHeads = 16;
const releaseGraceMs = 1000;
/** For all of it, TLS included. */
const connectTimeoutMs = 5000;
/** Where a reader stops the sender. */
const highWaterBytes = 8 * 1024;

export function createOutbound(options: OutboundOptions = {}): Outbound {
  const { clock = systemClock, connectionsPerOrigin = 512, waitingPerOrigin = 1024 } = options;
  const origins = new Map<string, Origin>();

  function findOrigin(url: URL): Origin {
    const known = origins.get(url.origin);
    if (known) return known;
    if (origins.size >= mostIdleOrigins) closeIdle(origins);
    const made = createOrigin(url.origin, connectionsPerOrigin, clock);
    origins.set(url.origin, made);
    return made;
  }

  function start(request: OutboundRequest, exchange: Exchange): void {
    const url = typeof request.url === "string" ? new URL(request.url) : request.url;
    const origin = findOrigin(url);
    if (origin.active >= connectionsPerOrigin + waitingPerOrigin) {
      exchange.fail(new HeadgateError("overloaded", { detail: "Too many requests wait for a connection." }));
      return;
    }
    exchange.start(origin, url);
  }

  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        const exchange: Exchange = new Exchange(request, clock, {
          onEnd: (body) => resolve({ status: exchange.status, headers: exchange.headers, body }),
          onFail: reject,
        });
        start(request, exchange);
      }),
    stream: (request) =>
      new Promise((resolve, reject) => {
        const exchange: Exchange = new Exchange(request, clock, {
          onHead: () => resolve({ status: exchange.status, headers: exchange.headers, body: exchange }),
          onFail: reject,
        });
        start(request, exchange);
      }),
    close: async () => {
      const closing = [...origins.values()].map(({ pool }) => pool.destroy());
      origins.clear();
      await Promise.all(closing);
    },
  };
}

interface Origin {
  readonly pool: Pool;
  active: number;
}

function createOrigin(origin: string, connections: number, clock: Clock): Origin {
  const pool = new Pool(origin, {
    connections,
    // An aborted request closes its connection; in HTTP/2 that connection would be everybody's.
    allowH2: false,
    keepAliveTimeout: 20_000,
    connect: { highWaterMark: readBytes, onread: readThroughOneBuffer } as buildConnector.BuildOptions,
    // The clock has the time.
    connectTimeout: 0,
    // The deadline is the timer of every phase.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (url, clientOptions) => new TrackedClient(url, clientOptions, clock),
  });
  return { pool, active: 0 };
}

function closeIdle(origins: Map<string, Origin>): void {
  for (const [name, { active, pool }] of origins) {
    if (active > 0) continue;
    origins.delete(name);
    void pool.destroy();
  }
}

const connectTimeout = Object.assign(new Error("The connection took too long."), { code: "CONNECT_TIMEOUT" });

/** Knows the socket that it is opening, which undici gives no way to close. */
class TrackedClient extends Client {
  declare connecting: Socket | undefined;

  constructor(url: URL, options: Client.Options, clock: Clock) {
    const connect = options.connect as buildConnector.connector;
    super(url, {
      ...options,
      connect: (target, callback) => {
        const cancelTimer = clock.after(connectTimeoutMs, () => this.connecting?.destroy(connectTimeout));
        const done = (...result: Parameters<buildConnector.Callback>): void => {
          cancelTimer();
          this.connecting = undefined;
          callback(...result);
        };
        // The connector returns the socket, though its type does not say so.
        this.connecting = (connect as (...args: Parameters<buildConnector.connector>) => Socket)(target, done);
      },
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.client = this;
    return super.dispatch(options, handler);
  }
}

interface Listener {
  readonly onHead?: () => void;
  readonly onEnd?: (body: Buffer) => void;
  readonly onFail: (error: HeadgateError) => void;
}

/** One request and its answer: undici's handler on one side, the reader's stream on the other. */
class Exchange implements Dispatcher.DispatchHandler, ByteStream {
  status = 0;
  headers: IncomingHttpHeaders = {};
  client: TrackedClient | undefined;
  readonly #request: OutboundRequest;
  readonly #clock: Clock;
  readonly #listener: Listener;
  #origin: Origin | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #cancelTimer: () => void;
  #chunks: Buffer[] = [];
  #unreadBytes = 0;
  #totalBytes = 0;
  #informationalHeads = 0;
  #state: "open" | "released" | "ended" | "failed" = "open";
  #error: HeadgateError | undefined;
  #reader: { resolve: (chunk: Buffer | undefined) => void; reject: (error: HeadgateError) => void } | undefined;

  constructor(request: OutboundRequest, clock: Clock, listener: Listener) {
    this.#request = request;
    this.#clock = clock;
    this.#listener = listener;
    this.#cancelTimer = clock.after(Math.max(0, request.deadlineMs - clock.now()), () => this.#onDeadline());
    request.signal.addEventListener("abort", this);
  }

  start(origin: Origin, url: URL): void {
    if (this.#request.signal.aborted) {
      this.handleEvent();
      return;
    }
    // Its timer would race the answer.
    if (this.#clock.now() >= this.#request.deadlineMs) {
      this.#onDeadline();
      return;
    }
    const { method, headers, body } = this.#request;
    this.#origin = origin;
    origin.active++;
    origin.pool.dispatch({ path: url.pathname + url.search, method, headers, body }, this);
  }

  /** The signal has aborted. */
  handleEvent(): void {
    const { signal, deadlineMs } = this.#request;
    if (HeadgateError.is(signal.reason)) this.fail(signal.reason);
    else this.fail(new HeadgateError(this.#clock.now() >= deadlineMs ? "deadline_exceeded" : "request_cancelled"));
  }

  fail(error: HeadgateError): void {
    if (this.#state === "ended" || this.#state === "failed") return;
    this.#settle("failed");
    this.#error = error;
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#listener.onFail(error);
    if (this.#controller) this.#controller.abort(error);
    else this.client?.connecting?.destroy(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: throwing spares the connection, aborting would close it.
    if (this.#error) throw this.#error;
    this.#controller = controller;
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (this.#state !== "open") return;
    if (status < 200) {
      if (++this.#informationalHeads <= mostInformationalHeads) return;
      const detail = `${this.#peer} sent more than ${mostInformationalHeads} heads of no answer.`;
      this.fail(new HeadgateError("provider_protocol", { detail }));
      return;
    }
    this.status = status;
    this.headers = headers;
    if ((headers["content-encoding"] ?? "identity") === "identity") this.#listener.onHead?.();
    else this.fail(new HeadgateError("provider_protocol", { detail: `${this.#peer} sent a body that is encoded.` }));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== "open") return;
    this.#totalBytes += chunk.length;
    if (this.#totalBytes > this.#request.maxBytes) {
      const detail = `${this.#peer} sent more than ${this.#request.maxBytes} bytes.`;
      this.fail(new HeadgateError("provider_response_too_large", { detail }));
    } else if (this.#reader) {
      this.#reader.resolve(chunk);
      this.#reader = undefined;
    } else {
      this.#chunks.push(chunk);
      this.#unreadBytes += chunk.length;
      if (!this.#listener.onEnd && this.#unreadBytes >= highWaterBytes) controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#leave();
    if (this.#state === "failed") return;
    this.#settle("ended");
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
    this.#listener.onEnd?.(concat(this.#chunks));
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#leave();
    this.#controller = undefined;
    this.client = undefined;
    if (this.#state === "open" || this.#state === "released")
      this.#failLater(toExchangeError(error, this.#peer, this.status));
  }

  next(): Promise<Buffer | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#unreadBytes -= chunk.length;
      if (this.#controller?.paused && this.#unreadBytes < highWaterBytes) this.#controller.resume();
      return Promise.resolve(chunk);
    }
    if (this.#error) return Promise.reject(this.#error);
    if (this.#state !== "open") return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  async collect(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let chunk = await this.next(); chunk; chunk = await this.next()) chunks.push(chunk);
    return concat(chunks);
  }

  release(): void {
    if (this.#state !== "open") return;
    this.#settle("released");
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
    this.#cancelTimer = this.#clock.after(releaseGraceMs, () => this.cancel());
    this.#controller?.resume();
  }

  cancel(): void {
    this.fail(new HeadgateError("request_cancelled"));
  }

  get #peer(): string {
    return this.#request.peer ?? "The other side";
  }

  // What came before the connection broke is still read first.
  #failLater(error: HeadgateError): void {
    const unread = this.#chunks;
    this.fail(error);
    this.#chunks = unread;
  }

  #onDeadline(): void {
    this.fail(new HeadgateError("deadline_exceeded", { detail: `${this.#peer} did not answer in time.` }));
  }

  #settle(state: "released" | "ended" | "failed"): void {
    this.#state = state;
    this.#cancelTimer();
    this.#request.signal.removeEventListener("abort", this);
    if (state === "ended") return;
    this.#chunks = [];
    this.#unreadBytes = 0;
  }

  #leave(): void {
    if (this.#origin) this.#origin.active--;
    this.#origin = undefined;
  }
}

function concat(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** Says what failed by its error code, never by a message, which may quote addresses or bytes. */
function toExchangeError(error: Error & { code?: unknown }, peer: string, status: number): HeadgateError {
  if (HeadgateError.is(error)) return error;
  const code = typeof error.code === "string" ? error.code : error.name;
  // Before there is a head, lengths that do not match are headers that contradict each other.
  const isHeadBroken = status === 0 && code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";
  if (isHeadBroken || /^(?:HTTPParserError|HPE_\w+|UND_ERR_HEADERS_OVERFLOW|UND_ERR_INVALID_ARG)$/.test(code)) {
    // The error itself carries the bytes that came in, and is not kept.
    return new HeadgateError("provider_protocol", { detail: `${peer} and HTTP do not agree (${code}).` });
  }
  const detail = status === 0 ? `${peer} cannot be reached (${code}).` : `${peer} broke off its answer (${code}).`;
  return new HeadgateError("provider_unavailable", { detail, cause: error });
}
