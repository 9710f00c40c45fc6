import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { systemClock, type Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { createLedger, type Ledger, type SeenRequest } from "./ledger.ts";
import { createRequestReader, type RawRequest } from "./request-reader.ts";
import { renderAnswer, type RenderedAnswer, type ScriptedAnswer } from "./scripted-answer.ts";

export interface ScriptedProviderOptions {
  /** @default a free port */
  readonly port?: number;
  /** What to say when the script is empty. @default a greeting */
  readonly answer?: (request: SeenRequest) => ScriptedAnswer;
  readonly clock?: Clock;
}

/** A server that speaks OpenAI Chat Completions over real sockets, says what it was told to, and remembers what it saw. */
export interface ScriptedProvider {
  /** The base URL for a provider, ending in `/v1`. */
  readonly url: string;
  /** Adds answers to the end of the script; each chat request takes one. */
  script(...answers: readonly ScriptedAnswer[]): void;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 only. */
export async function createScriptedProvider(options: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
  const clock = options.clock ?? systemClock;
  const queue: ScriptedAnswer[] = [];
  const ledger = createLedger(clock);
  const sockets = new Set<Socket>();
  let nextSocketId = 1;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve({ socket, socketId: nextSocketId++, clock, ledger, takeAnswer });
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");

  function takeAnswer(request: SeenRequest): ScriptedAnswer {
    return queue.shift() ?? options.answer?.(request) ?? {};
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    script: (...answers) => {
      queue.push(...answers);
    },
    ledger,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Connection {
  readonly socket: Socket;
  readonly socketId: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly takeAnswer: (request: SeenRequest) => ScriptedAnswer;
}

function serve(connection: Connection): void {
  const { socket, ledger } = connection;
  const reader = createRequestReader();
  const closed = new AbortController();
  let current: SeenRequest | undefined;

  // One answer at a time: a pipelined request waits in the reader.
  async function answerAll(): Promise<void> {
    for (let request = reader.take(); request; request = reader.take()) {
      current = ledger.add(request, readBody(request), connection.socketId);
      await answer(connection, current, closed.signal);
      current = undefined;
    }
  }

  let isAnswering = false;
  socket.on("data", (bytes) => {
    try {
      reader.push(bytes);
    } catch {
      socket.destroy();
      return;
    }
    if (isAnswering) return;
    isAnswering = true;
    answerAll().then(
      () => (isAnswering = false),
      () => socket.destroy(),
    );
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    closed.abort();
    if (current) ledger.close(current);
  });
}

async function answer(connection: Connection, seen: SeenRequest, closed: AbortSignal): Promise<void> {
  const { clock, ledger } = connection;
  const isChat = seen.method === "POST" && seen.path.endsWith("/chat/completions");
  const scripted = isChat ? connection.takeAnswer(seen) : answerOther(seen);
  if (scripted.delayMs) await clock.sleep(scripted.delayMs, closed);
  if (scripted.hang) await untilAborted(closed);
  if (scripted.rawResponse !== undefined) await send(connection, seen, Buffer.from(scripted.rawResponse), closed);
  else await sendAnswer(connection, seen, scripted, closed);
  ledger.finish(seen);
}

async function sendAnswer(
  connection: Connection,
  seen: SeenRequest,
  scripted: ScriptedAnswer,
  closed: AbortSignal,
): Promise<void> {
  const rendered = renderAnswer(scripted, seen.body, seen.id);
  const isChunked = rendered.borders.length > 0;
  const chunks = cutBody(rendered);
  await send(connection, seen, Buffer.from(renderHead(rendered, isChunked)), closed);
  for (const [index, chunk] of chunks.entries()) {
    if (index === scripted.cutAfter) {
      // What was written still arrives; a reset could throw it away unread.
      connection.socket.destroySoon();
      await untilAborted(closed);
    }
    if (index === scripted.stallAfter) await untilAborted(closed);
    if (index > 0 && scripted.chunkDelayMs) await connection.clock.sleep(scripted.chunkDelayMs, closed);
    await send(connection, seen, isChunked ? toHttpChunk(chunk) : chunk, closed);
  }
  if (isChunked) await send(connection, seen, Buffer.from("0\r\n\r\n"), closed);
}

async function send(connection: Connection, seen: SeenRequest, bytes: Buffer, closed: AbortSignal): Promise<void> {
  const { socket } = connection;
  closed.throwIfAborted();
  const hasRoom = socket.write(bytes);
  seen.bytesWritten += bytes.length;
  if (!hasRoom) await once(socket, "drain", { signal: closed });
}

function answerOther({ method, path }: SeenRequest): ScriptedAnswer {
  if (method === "GET" && path.endsWith("/models")) {
    const data = [{ id: "scripted-model", object: "model", created: 1_700_000_000, owned_by: "scripted" }];
    return { rawBody: JSON.stringify({ object: "list", data }) };
  }
  return { status: 404, error: { message: "Not found.", type: "invalid_request_error", code: "not_found" } };
}

function readBody(request: RawRequest): unknown {
  try {
    return parseJson(request.body.toString());
  } catch {
    return undefined;
  }
}

function renderHead({ status, headers, body }: RenderedAnswer, isChunked: boolean): string {
  const length = isChunked ? { "transfer-encoding": "chunked" } : { "content-length": String(body.length) };
  const lines = Object.entries({ ...length, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join("")}\r\n`;
}

function cutBody({ body, borders }: RenderedAnswer): Buffer[] {
  const ends = [...borders, body.length];
  return ends.map((end, index) => body.subarray(ends[index - 1] ?? 0, end));
}

function toHttpChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

function untilAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("The connection is closed.")), { once: true });
  });
}
