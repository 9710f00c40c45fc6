export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case; the last of equal names wins. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RequestReader {
  /** Adds bytes that came in. @throws RangeError if a request is larger than the bounds or not HTTP with a length */
  push(bytes: Buffer): void;
  /** The next request that is there in full. */
  take(): RawRequest | undefined;
}

const maxHeadBytes = 64 * 1024;
const maxBodyBytes = 64 * 1024 * 1024;

export interface RequestReaderOptions {
  /** Whether bodies in chunks are read too. @default false */
  readonly allowChunked?: boolean;
}

/** Cuts a connection's bytes into HTTP/1.1 requests. */
export function createRequestReader({ allowChunked = false }: RequestReaderOptions = {}): RequestReader {
  let chunks: Buffer[] = [];
  let bufferedBytes = 0;
  let neededBytes = 0;

  function takeAll(): Buffer {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks = [all];
    return all;
  }

  function readBody(all: Buffer, bodyStart: number, headers: RawRequest["headers"]): Cut | undefined {
    if (allowChunked && headers["transfer-encoding"] === "chunked") return readChunks(all, bodyStart);
    neededBytes = bodyStart + readLength(headers);
    return all.length < neededBytes ? undefined : { body: all.subarray(bodyStart, neededBytes), end: neededBytes };
  }

  return {
    push: (bytes) => {
      chunks.push(bytes);
      bufferedBytes += bytes.length;
      if (bufferedBytes > maxHeadBytes + maxBodyBytes) throw new RangeError("The request is too large.");
    },
    take: () => {
      if (bufferedBytes === 0 || bufferedBytes < neededBytes) return undefined;
      const all = takeAll();
      const headEnd = all.indexOf("\r\n\r\n");
      if (headEnd === -1) {
        if (all.length > maxHeadBytes) throw new RangeError("The request's head is too large.");
        return undefined;
      }
      const head = parseHead(all.toString("latin1", 0, headEnd));
      const cut = readBody(all, headEnd + 4, head.headers);
      if (!cut) return undefined;
      bufferedBytes = all.length - cut.end;
      chunks = bufferedBytes === 0 ? [] : [all.subarray(cut.end)];
      neededBytes = 0;
      return { ...head, body: cut.body };
    },
  };
}

interface Cut {
  readonly body: Buffer;
  /** Where the next request begins. */
  readonly end: number;
}

function readChunks(all: Buffer, start: number): Cut | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = all.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const length = Number.parseInt(all.toString("latin1", at, lineEnd), 16);
    if (!(length >= 0)) throw new RangeError("A chunk has no length.");
    const next = lineEnd + 2 + length + 2;
    if (all.length < next) return undefined;
    if (length === 0) return { body: Buffer.concat(parts), end: next };
    parts.push(all.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = next;
  }
}

function parseHead(head: string): Omit<RawRequest, "body"> {
  const [requestLine = "", ...lines] = head.split("\r\n");
  const [method = "", path = ""] = requestLine.split(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, path, headers: Object.fromEntries(headers) };
}

function readLength(headers: Readonly<Record<string, string>>): number {
  if ("transfer-encoding" in headers) throw new RangeError("A Content-Length is required.");
  const length = Number(headers["content-length"] ?? 0);
  if (!Number.isInteger(length) || length < 0 || length > maxBodyBytes) throw new RangeError("The body is too large.");
  return length;
}
