import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isRecord, parseJson } from "../../json.ts";

/** What the scripted server says to one request. Without anything: a greeting. */
export interface ScriptedMessage {
  /** Of a plain message, whole or streamed as the request asks. */
  readonly text?: string;
  /** Sent as it is: an object as JSON. */
  readonly body?: string | object;
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of each piece that the body goes out in. @default all */
  readonly pieceBytes?: number;
}

interface SeenMessage {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** A server that speaks Anthropic Messages over real sockets, says what it was told to, and remembers what it saw. */
export interface AnthropicServer {
  readonly url: string;
  readonly requests: readonly SeenMessage[];
  script(...answers: readonly ScriptedMessage[]): void;
  close(): Promise<void>;
}

export async function createAnthropicServer(): Promise<AnthropicServer> {
  const queue: ScriptedMessage[] = [];
  const requests: SeenMessage[] = [];
  const server = createServer((incoming, response) => void answer(incoming, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = parseJson(Buffer.concat(await incoming.toArray()).toString());
    const seen = { path: incoming.url ?? "", headers: incoming.headers, body: isRecord(body) ? body : {} };
    requests.push(seen);
    await send(queue.shift() ?? {}, seen.body["stream"] === true, response);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script: (...answers) => void queue.push(...answers),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function send(answer: ScriptedMessage, isStream: boolean, response: ServerResponse): Promise<void> {
  const { status = 200, text = "Hello.", pieceBytes = Infinity } = answer;
  const body = answer.body ?? (isStream ? toEvents(text) : toMessage(text));
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const type = isStream && typeof body === "string" && status === 200 ? "text/event-stream" : "application/json";
  response.writeHead(status, { "content-type": type, ...answer.headers });
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    response.write(bytes.subarray(at, at + pieceBytes));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

function toMessage(text: string): object {
  const usage = { input_tokens: 21, output_tokens: 9 };
  return { type: "message", content: [{ type: "text", text }], stop_reason: "end_turn", usage };
}

function toEvents(text: string): string {
  const words = text.match(/\s*\S+/g) ?? [];
  return [
    messageStart({ input_tokens: 21, output_tokens: 1 }),
    block(0, { type: "text", text: "" }, ...words.map((word) => ({ type: "text_delta", text: word }))),
    messageEnd("end_turn", { output_tokens: 9 }),
  ].join("");
}

/** One event of a stream. */
export function event(type: string, fields: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

export function messageStart(usage?: unknown, fields: object = {}): string {
  return event("message_start", { message: { type: "message", content: [], stop_reason: null, usage, ...fields } });
}

/** All events of one block of content. */
export function block(index: number, content: object, ...deltas: readonly object[]): string {
  return [
    event("content_block_start", { index, content_block: content }),
    ...deltas.map((delta) => event("content_block_delta", { index, delta })),
    event("content_block_stop", { index }),
  ].join("");
}

/** The events of a block of text, in one piece. */
export function textBlock(text: string, index = 0): string {
  return block(index, { type: "text", text: "" }, { type: "text_delta", text });
}

/** The last two events. */
export function messageEnd(stopReason: string | null, usage?: unknown): string {
  const delta = { stop_reason: stopReason, stop_sequence: null };
  return event("message_delta", { delta, usage }) + event("message_stop");
}
