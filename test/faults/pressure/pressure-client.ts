import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What a client saw of one request. */
export interface Answer {
  /** 0 if there was none. */
  readonly status: number;
  /** Status line and headers, in lower case. */
  readonly head: string;
  /** The body's first and last characters. */
  readonly body: string;
  /** By `performance.now()`. */
  readonly sentAtMs: number;
  /** From the request to the first byte of the answer, in milliseconds. */
  readonly headMs: number;
  /** From the request to the end of the answer, or to what broke it, in milliseconds. */
  readonly totalMs: number;
  /** Why there is no whole answer. */
  readonly error: string | undefined;
}

export interface Ask {
  /** @default "POST" */
  readonly method?: "GET" | "POST";
  readonly path: string;
  /** A UUID, to find the record by. */
  readonly requestId?: string;
  readonly accept?: string;
  /** JSON. */
  readonly body: string;
}

/** A plain HTTP client that costs little, so that a load can be many times what its server takes. Keeps connections. */
export interface PressureClient {
  send(ask: Ask, timeoutMs?: number): Promise<Answer>;
  /** Has this many connections open before they are needed. */
  open(count: number): Promise<void>;
  close(): void;
}

const mostBodyChars = 2048;

export function createPressureClient(serverUrl: string): PressureClient {
  const { hostname, port } = new URL(serverUrl);
  const idle: Socket[] = [];
  const all = new Set<Socket>();

  function take(): Socket {
    for (let socket = idle.pop(); socket; socket = idle.pop()) if (!socket.destroyed) return socket;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    all.add(socket);
    // An idle one may fail as well.
    socket.on("error", () => {});
    socket.once("close", () => all.delete(socket));
    return socket;
  }

  return {
    send: ({ method = "POST", path, body, requestId, accept = "*/*" }, timeoutMs = 30_000) => {
      const socket = take();
      const id = requestId === undefined ? "" : `x-request-id: ${requestId}\r\n`;
      const head = `${method} ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: ${accept}\r\n${id}content-type: application/json\r\n`;
      const text = `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
      return new Promise((resolve) => {
        const exchange = new Exchange(socket, timeoutMs, (answer, mayKeep) => {
          if (mayKeep) idle.push(socket);
          else socket.destroy();
          resolve(answer);
        });
        exchange.start(text);
      });
    },
    open: async (count) => {
      const sockets = Array.from({ length: count }, take);
      await Promise.all(sockets.filter(({ connecting }) => connecting).map((socket) => once(socket, "connect")));
      idle.push(...sockets);
    },
    close: () => {
      for (const socket of all) socket.destroy();
    },
  };
}

class Exchange {
  readonly #socket: Socket;
  readonly #onEnd: (answer: Answer, mayKeep: boolean) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #sentAtMs = performance.now();
  #headMs = 0;
  #head: string | undefined;
  #text = "";
  #tail = "";
  #bytes = 0;
  #length: number | undefined;

  constructor(socket: Socket, timeoutMs: number, onEnd: (answer: Answer, mayKeep: boolean) => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => this.#end("timeout"), timeoutMs);
  }

  start(text: string): void {
    this.#socket.on("data", this.#onData).on("error", this.#onError).on("close", this.#onClose);
    this.#socket.write(text);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#bytes === 0) this.#headMs = performance.now() - this.#sentAtMs;
    this.#bytes += chunk.length;
    const text = chunk.toString("latin1");
    if (this.#text.length < mostBodyChars) this.#text += text.slice(0, mostBodyChars);
    this.#tail = (this.#tail + text).slice(-mostBodyChars);
    if (this.#head === undefined) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#head = this.#text.slice(0, end).toLowerCase();
      const length = /content-length: (\d+)/.exec(this.#head)?.[1];
      if (length !== undefined) this.#length = end + 4 + Number(length);
    }
    const isOver = this.#length === undefined ? this.#tail.endsWith("0\r\n\r\n") : this.#bytes >= this.#length;
    if (isOver) this.#end(undefined);
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => this.#end(error.code ?? error.message);

  readonly #onClose = (): void => this.#end("closed");

  #end(error: string | undefined): void {
    clearTimeout(this.#timer);
    this.#socket.off("data", this.#onData).off("error", this.#onError).off("close", this.#onClose);
    const head = this.#head ?? "";
    this.#onEnd(
      {
        status: Number(/^http\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
        head,
        body: this.#bytes > mostBodyChars ? `${this.#text}…${this.#tail}` : this.#text.slice(head.length),
        sentAtMs: this.#sentAtMs,
        headMs: this.#headMs,
        totalMs: performance.now() - this.#sentAtMs,
        error,
      },
      error === undefined && !head.includes("\r\nconnection: close"),
    );
  }
}
