import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../clock.ts";
import { parseJson } from "../../json.ts";
import { createOutbound } from "../../outbound.ts";
import { collect, type Completion, type Part } from "../../reply.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createOpenAiChatProvider, type OpenAiChatProviderOptions } from "./openai-chat.ts";

interface SeenRequest {
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** A server that answers every POST over a real socket with what it was told to, and keeps what it saw. */
export interface AnsweringServer {
  /** Without path. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Adds an answer: text goes out as events, anything else as JSON. Without one, a chat's `ok`. */
  script(body: unknown, status?: number): void;
  connect(options?: Partial<OpenAiChatProviderOptions>): Provider;
  close(): Promise<void>;
}

export async function openAnsweringServer(): Promise<AnsweringServer> {
  const queue: { readonly body: unknown; readonly status: number }[] = [];
  const requests: SeenRequest[] = [];
  const outbound = createOutbound();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url: path = "", headers } = request;
      requests.push({ path, headers, body: parseJson(Buffer.concat(chunks).toString()) as Record<string, unknown> });
      const { body, status } = queue.shift() ?? { body: whole({ content: "ok" }), status: 200 };
      const isEvents = typeof body === "string";
      response.writeHead(status, { "content-type": isEvents ? "text/event-stream" : "application/json" });
      response.end(isEvents ? body : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    script: (body, status = 200) => void queue.push({ body, status }),
    connect: (options = {}) =>
      createOpenAiChatProvider({
        name: "scripted",
        baseUrl: `${url}/v1`,
        apiKey: "sk-test",
        outbound,
        clock: systemClock,
        ...options,
      }),
    close: async () => {
      await outbound.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Call {
  readonly provider: Provider;
  readonly warnings: string[];
  readonly context: ProviderContext;
}

export function toCall(provider: Provider): Call {
  const warnings: string[] = [];
  const context: ProviderContext = {
    signal: new AbortController().signal,
    deadlineMs: systemClock.now() + 10_000,
    warn: (warning) => void warnings.push(warning),
  };
  return { provider, warnings, context };
}

function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  return { model: "m-1", messages: [{ role: "user", content: "Hi" }], settings: {}, stream: false, ...overrides };
}

/** Sends the request to the server; tells the body that arrived, and the warnings. */
export async function sendTo(
  server: AnsweringServer,
  options: Partial<OpenAiChatProviderOptions>,
  request: Partial<ModelRequest>,
): Promise<{ readonly body: Record<string, unknown>; readonly warnings: readonly string[] }> {
  const { provider, context, warnings } = toCall(server.connect(options));
  await collect(await provider.generate(toRequest(request), context));
  return { body: server.requests.at(-1)!.body, warnings };
}

export async function complete(provider: Provider, request: Partial<ModelRequest> = {}): Promise<Completion> {
  return collect(await provider.generate(toRequest(request), toCall(provider).context));
}

export async function readParts(provider: Provider, request: Partial<ModelRequest> = {}): Promise<Part[]> {
  const reply = await provider.generate(toRequest({ stream: true, ...request }), toCall(provider).context);
  const parts: Part[] = [];
  for await (const part of reply.parts) parts.push(part);
  return parts;
}

/** A whole answer with one choice. */
export function whole(message: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { choice, ...rest } = more as { choice?: Record<string, unknown> };
  return { choices: [{ index: 0, message, finish_reason: "stop", ...choice }], ...rest };
}

/** A stream with one chunk for each delta, a finish, what else is given, and the end. */
export function stream(
  deltas: readonly Record<string, unknown>[],
  { reason = "stop", last }: { readonly reason?: string; readonly last?: unknown } = {},
): string {
  const chunks: unknown[] = [
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    ...(last === undefined ? [] : [last]),
  ];
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("")}data: [DONE]\n\n`;
}
