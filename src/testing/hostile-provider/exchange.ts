import { once } from "node:events";
import type { Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import { countTokens, toText, type Answer, type Frame } from "./answer.ts";
import type { DialectWriter } from "./dialects/dialect.ts";
import type { HostileEntry, WritableLedger } from "./hostile-ledger.ts";
import type { HostileRequest } from "./hostile-request.ts";
import type { FaultParams } from "./model-script.ts";

export type Headers = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** One request being answered: what faults write with. After the connection is gone, every call rejects. */
export interface Exchange {
  readonly request: HostileRequest;
  readonly params: FaultParams;
  readonly entry: HostileEntry;
  /** What a healthy model would say. */
  readonly answer: Answer;
  readonly writer: DialectWriter;
  readonly clock: Clock;
  readonly socket: Socket;
  readonly paceMs: number;
  /** The fault's own memory, kept over requests. */
  recall<T>(create: () => T): T;
  /** Bytes as they are: HTTP is the caller's business. */
  write(bytes: string | Buffer): Promise<void>;
  head(status: number, headers: Headers, reason?: string): Promise<void>;
  /** A whole answer with its length. */
  respond(status: number, body: string | Buffer, headers?: Headers): Promise<void>;
  respondJson(status: number, value: unknown, headers?: Headers): Promise<void>;
  /** The head of a stream of events in chunks. */
  openStream(headers?: Headers): Promise<void>;
  /** One chunk of HTTP's chunked coding. */
  chunk(bytes: string | Buffer): Promise<void>;
  /** Events, a chunk each, with the model's pace between tokens; counts them as generated. */
  send(frames: readonly Frame[]): Promise<void>;
  /** Counts frames as generated that were written by hand. */
  count(frames: readonly Frame[]): void;
  /** Counts a whole answer as generated. */
  countAnswer(answer: Answer): void;
  closeStream(): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Until the client leaves. */
  hang(): Promise<never>;
  /** Ends the connection in good order, after all that was written. */
  fin(): Promise<never>;
  /** Ends the connection by a reset, after all that was written had time to arrive. */
  reset(): Promise<never>;
}

export interface ExchangeParts {
  readonly request: HostileRequest;
  readonly params: FaultParams;
  readonly entry: HostileEntry;
  readonly answer: Answer;
  readonly writer: DialectWriter;
  readonly clock: Clock;
  readonly socket: Socket;
  readonly paceMs: number;
  readonly ledger: WritableLedger;
  readonly closed: AbortSignal;
  readonly recall: <T>(create: () => T) => T;
}

const arrivalMs = 20;

export function createExchange(parts: ExchangeParts): Exchange {
  const { clock, closed, entry, ledger } = parts;
  const write = createWrite(parts);
  const endings = createEndings(parts);

  function head(status: number, headers: Headers, reason = "Hostile"): Promise<void> {
    entry.status ??= status;
    return write(renderHead(status, headers, reason));
  }
  async function respond(status: number, body: string | Buffer, headers: Headers = {}): Promise<void> {
    const bytes = Buffer.from(body as string);
    await head(status, [["content-length", String(bytes.length)], ...toPairs(headers)]);
    await write(bytes);
  }
  function chunk(bytes: string | Buffer): Promise<void> {
    return write(toChunk(bytes));
  }
  function count(frames: readonly Frame[]): void {
    for (const { tokens, said } of frames) if (tokens > 0 || said !== "") ledger.addTokens(entry, tokens, said);
  }

  async function sendFrames(frames: readonly Frame[]): Promise<void> {
    let isFirst = entry.outputTokens === 0;
    for (const batch of parts.paceMs === 0 ? toBatches(frames) : frames.map((frame) => [frame])) {
      const isContent = batch[0]!.kind === "content";
      if (parts.paceMs > 0 && isContent && !isFirst) await clock.sleep(parts.paceMs, closed);
      if (isContent) isFirst = false;
      closed.throwIfAborted();
      const written = write(Buffer.concat(batch.map(({ wire }) => toChunk(wire))));
      count(batch);
      await written;
    }
  }

  return {
    ...parts,
    ...endings,
    write,
    head,
    respond,
    chunk,
    count,
    respondJson: (status, value, headers = {}) =>
      respond(status, JSON.stringify(value), [["content-type", "application/json"], ...toPairs(headers)]),
    openStream: (headers = {}) =>
      head(200, [
        ["content-type", "text/event-stream; charset=utf-8"],
        ["transfer-encoding", "chunked"],
        ...toPairs(headers),
      ]),
    send: (frames) => sendFrames(frames),
    countAnswer: (said) => ledger.addTokens(entry, countTokens(said), toText(said)),
    closeStream: () => write("0\r\n\r\n"),
    sleep: (ms) => clock.sleep(ms, closed),
  };
}

function createWrite({ socket, entry, closed, clock, ledger }: ExchangeParts): Exchange["write"] {
  return async (bytes) => {
    closed.throwIfAborted();
    if (bytes.length === 0) return;
    const isFirst = entry.firstByteAtMs === undefined;
    entry.firstByteAtMs ??= clock.now();
    entry.lastByteAtMs = clock.now();
    const length = Buffer.byteLength(bytes);
    const hasRoom = socket.write(bytes, (error) => {
      if (!error) entry.bytesAccepted += length;
    });
    if (isFirst) ledger.tell();
    if (!hasRoom) await once(socket, "drain", { signal: closed });
  };
}

function createEndings({
  socket,
  entry,
  closed,
  clock,
  ledger,
}: ExchangeParts): Pick<Exchange, "hang" | "fin" | "reset"> {
  function flushed(): Promise<void> {
    return new Promise((resolve) => socket.write(Buffer.alloc(0), () => resolve()));
  }
  function untilClosed(): Promise<never> {
    return new Promise((_resolve, reject) => {
      if (closed.aborted) reject(closed.reason as Error);
      closed.addEventListener("abort", () => reject(closed.reason as Error), { once: true });
    });
  }
  return {
    hang: untilClosed,
    fin: () => {
      ledger.end(entry, "cut");
      socket.destroySoon();
      return untilClosed();
    },
    reset: async () => {
      await flushed();
      // A reset throws away what the peer has not read yet.
      await clock.sleep(arrivalMs, closed);
      ledger.end(entry, "cut");
      socket.resetAndDestroy();
      return untilClosed();
    },
  };
}

const batchChars = 16 * 1024;

// Many small writes are slow; one huge one would count what a client that leaves never got.
function toBatches(frames: readonly Frame[]): Frame[][] {
  const batches: Frame[][] = [];
  let room = 0;
  for (const frame of frames) {
    if (room <= 0) {
      batches.push([]);
      room = batchChars;
    }
    batches.at(-1)!.push(frame);
    room -= frame.wire.length;
  }
  return batches;
}

export function toChunk(bytes: string | Buffer): Buffer {
  const body = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
}

function toPairs(headers: Headers): readonly (readonly [string, string])[] {
  return Array.isArray(headers) ? (headers as readonly (readonly [string, string])[]) : Object.entries(headers);
}

export function renderHead(status: number, headers: Headers, reason: string): string {
  const lines = toPairs(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`;
}
