import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../clock.ts";
import { parseJson } from "../../json.ts";
import { createOutbound } from "../../outbound.ts";
import { collect, type Completion, type Part } from "../../reply.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createGeminiProvider, type GeminiProviderOptions } from "./gemini.ts";

interface SeenRequest {
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

interface ScriptedAnswer {
  /** @default 200 */
  readonly status?: number;
  /** @default server-sent events for a stream, else JSON */
  readonly type?: string;
  /** Text is sent as it is, anything else as JSON. */
  readonly body: unknown;
}

/** A server that speaks Gemini's generateContent over a real socket, says what it was told to, and keeps what it saw. */
export interface ScriptedGemini {
  /** As a config's `baseUrl`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Adds answers to the end of the script; without one it greets. */
  script(...answers: readonly ScriptedAnswer[]): void;
  /** Answers what the script does not. */
  scriptBy(answer: (request: SeenRequest) => ScriptedAnswer): void;
  /** @param options instead of those for AI Studio */
  connect(options?: Partial<GeminiProviderOptions>): Provider;
  close(): Promise<void>;
}

export async function openScriptedGemini(): Promise<ScriptedGemini> {
  const queue: ScriptedAnswer[] = [];
  let answerBy = ({ path }: SeenRequest): ScriptedAnswer => sayText("Hello.", isStream(path));
  const requests: SeenRequest[] = [];
  const outbound = createOutbound();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url: path = "", headers } = request;
      const seen = { path, headers, body: parseJson(Buffer.concat(chunks).toString()) as Record<string, unknown> };
      requests.push(seen);
      const { status = 200, type, body } = queue.shift() ?? answerBy(seen);
      response.writeHead(status, {
        "content-type": type ?? (isStream(path) ? "text/event-stream" : "application/json"),
      });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1beta`;
  return {
    url: baseUrl,
    requests,
    script: (...answers) => void queue.push(...answers),
    scriptBy: (answer) => {
      answerBy = answer;
    },
    connect: (options = {}) =>
      createGeminiProvider({
        name: "scripted",
        baseUrl,
        apiKey: "secret-key",
        auth: "api-key",
        outbound,
        clock: systemClock,
        ...options,
        ...(options.baseUrl === undefined ? {} : { baseUrl: new URL(options.baseUrl, baseUrl).href }),
      }),
    close: async () => {
      await outbound.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function isStream(path: string): boolean {
  return path.includes(":streamGenerateContent");
}

/** Server-sent events as Google frames them. */
export function toEvents(...pieces: readonly unknown[]): string {
  return pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join("");
}

/** One piece of an answer, with a finish reason if one is given. */
export function toPiece(parts: readonly unknown[], finishReason?: string): Record<string, unknown> {
  return { candidates: [{ content: { role: "model", parts }, ...(finishReason ? { finishReason } : {}), index: 0 }] };
}

/** An answer that says a text, cut in two where it streams. */
export function sayText(text: string, streams: boolean): ScriptedAnswer {
  const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 };
  if (!streams) return { body: { ...toPiece([{ text }], "STOP"), usageMetadata } };
  const middle = Math.ceil(text.length / 2);
  const last = { ...toPiece([{ text: text.slice(middle) }], "STOP"), usageMetadata };
  return { body: toEvents(toPiece([{ text: text.slice(0, middle) }]), last) };
}

export function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user", content: "Hi" }] as const;
  return { model: "gemini-3.5-flash", messages, settings: {}, stream: false, ...overrides };
}

/** @param warnings where warnings go */
export function toContext(warnings: string[] = []): ProviderContext {
  const warn = (warning: string): void => void warnings.push(warning);
  return { signal: new AbortController().signal, deadlineMs: Date.now() + 10_000, warn };
}

export async function ask(provider: Provider, request: ModelRequest = toRequest()): Promise<Completion> {
  return collect(await provider.generate(request, toContext()));
}

export async function listParts(provider: Provider, request = toRequest({ stream: true })): Promise<Part[]> {
  const reply = await provider.generate(request, toContext());
  const parts: Part[] = [];
  for await (const part of reply.parts) parts.push(part);
  return parts;
}

export interface Sent {
  readonly body: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
  readonly warnings: readonly string[];
}

/** What a request is on the wire. */
export async function send(
  upstream: ScriptedGemini,
  request: Partial<ModelRequest>,
  auth: "api-key" | "bearer" = "api-key",
): Promise<Sent> {
  const warnings: string[] = [];
  await upstream.connect({ auth }).generate(toRequest(request), toContext(warnings));
  const { body, headers } = upstream.requests.at(-1)!;
  return { body, headers, warnings };
}
