import { connect, type Socket } from "node:net";
import { systemClock } from "../../clock.ts";
import type { HostileDialect } from "./hostile-request.ts";

/** What came back over a socket, byte by byte. */
export interface RawAnswer {
  /** Bytes as Latin-1 characters. */
  readonly raw: string;
  /** How the server left the connection when the answer was complete, or `until` was fulfilled. */
  readonly end: "open" | "fin" | "reset";
  readonly socket: Socket;
}

export interface RawQuestion {
  readonly model: string;
  readonly dialect?: HostileDialect;
  /** @default the dialect's */
  readonly path?: string;
  readonly isStream?: boolean;
  readonly body?: Readonly<Record<string, unknown>>;
  /** When to stop reading. @default the answer is complete by its length or its last chunk */
  readonly until?: (raw: string) => boolean;
}

const paths: Readonly<Record<HostileDialect, string>> = {
  "openai-chat": "/v1/chat/completions",
  "openai-responses": "/v1/responses",
  "openai-embeddings": "/v1/embeddings",
  "openai-moderations": "/v1/moderations",
  "openai-models": "/v1/models",
  anthropic: "/v1/messages",
  other: "/v1/other",
};

const deadlineMs = 10_000;

/** Asks without an HTTP client, since those hide what is illegal. The caller destroys the socket. */
export function askRaw(url: string, question: RawQuestion): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const isDone = question.until ?? isComplete;
  let raw = "";
  return new Promise((resolve, reject) => {
    const settle = (end: RawAnswer["end"]): void => {
      cancel();
      resolve({ raw, end, socket });
    };
    const cancel = systemClock.after(deadlineMs, () => {
      socket.destroy();
      reject(new Error(`${question.model} took too long, after ${raw.length} bytes: ${raw.slice(-200)}`));
    });
    socket.on("data", (bytes) => {
      raw += bytes.toString("latin1");
      if (isDone(raw)) settle("open");
    });
    socket.once("end", () => settle("fin"));
    socket.once("error", () => settle("reset"));
    socket.write(render(question));
  });
}

function render({
  model,
  dialect = "openai-chat",
  path = paths[dialect],
  isStream = false,
  body = {},
}: RawQuestion): string {
  const json = JSON.stringify({
    model,
    stream: isStream,
    max_tokens: 10_000,
    ...(isStream ? { stream_options: { include_usage: true } } : {}),
    ...(dialect === "openai-embeddings" || dialect === "openai-moderations" || dialect === "openai-responses"
      ? { input: ["Hi", "Ho"] }
      : { messages: [{ role: "user", content: "Hi" }] }),
    ...body,
  });
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-test-dead\r\n`;
  return `${head}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

function isComplete(raw: string): boolean {
  // Heads that only inform come before the one that counts.
  const start = raw.search(/HTTP\/1\.1 [2-9]/);
  const headEnd = raw.indexOf("\r\n\r\n", start);
  if (start === -1 || headEnd === -1) return false;
  const head = raw.slice(start, headEnd).toLowerCase();
  if (head.includes("transfer-encoding: chunked")) return /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(raw.slice(-100));
  const length = /content-length: (\d+)/.exec(head)?.[1];
  return length === undefined ? head.includes(" 204 ") : raw.length >= headEnd + 4 + Number(length);
}
