import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { createOutbound } from "../../outbound.ts";
import { collect, type Completion, type Part, type Reply } from "../../reply.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { createOpenAiResponsesProvider, type OpenAiResponsesProviderOptions } from "./openai-responses.ts";

/** What the tests share: a server that speaks OpenAI Responses over real sockets, and the provider in front of it. */
export interface ScriptedResponses {
  readonly url: string;
  readonly provider: Provider;
  /** What the server was asked, oldest first. */
  readonly seen: readonly SeenRequest[];
  /** What the provider warned of, oldest first. */
  readonly warnings: readonly string[];
  /** Another provider in front of the same server. */
  createProvider(options: Partial<OpenAiResponsesProviderOptions>): Provider;
  /** Adds answers to the end of the script; without one, a greeting is answered. */
  script(...answers: readonly ScriptedAnswer[]): void;
  generate(request: ModelRequest, provider?: Provider): Promise<Reply>;
  complete(request: ModelRequest, provider?: Provider): Promise<Completion>;
  /** The parts up to the stream's end, and the error that it ended with. */
  read(
    request: ModelRequest,
    provider?: Provider,
  ): Promise<{ readonly parts: readonly Part[]; readonly error: HeadgateError | undefined }>;
  close(): Promise<void>;
}

interface ScriptedAnswer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body: unknown;
  /** Byte counts after which the body is cut into chunks. @default after each event */
  readonly borders?: readonly number[];
}

interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

export async function openScriptedResponses(
  options: Partial<OpenAiResponsesProviderOptions> = {},
): Promise<ScriptedResponses> {
  const script: ScriptedAnswer[] = [];
  const seen: SeenRequest[] = [];
  const warnings: string[] = [];
  const outbound = createOutbound();
  const server = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = parseJson(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    seen.push({ path: request.url ?? "", headers: request.headers, body });
    await answer(response, script.shift() ?? { body: greet("Hello.", body["stream"] === true) });
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const createProvider: ScriptedResponses["createProvider"] = (more) => {
    const base = { name: "scripted", baseUrl: `${url}/v1`, apiKey: "sk-test", vendor: "openai" } as const;
    return createOpenAiResponsesProvider({ ...base, outbound, clock: systemClock, ...options, ...more });
  };
  const provider = createProvider({});
  const generate: ScriptedResponses["generate"] = (request, asked = provider) => {
    const signal = new AbortController().signal;
    return asked.generate(request, { signal, deadlineMs: systemClock.now() + 10_000, warn: (w) => warnings.push(w) });
  };
  return {
    url,
    provider,
    seen,
    warnings,
    createProvider,
    script: (...answers) => void script.push(...answers),
    generate,
    complete: async (request, asked) => collect(await generate(request, asked)),
    read: (request, asked) => readParts(() => generate(request, asked)),
    close: async () => {
      await outbound.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readParts(generate: () => Promise<Reply>): ReturnType<ScriptedResponses["read"]> {
  const parts: Part[] = [];
  try {
    for await (const part of (await generate()).parts) parts.push(part);
  } catch (error) {
    return { parts, error: HeadgateError.from(error) };
  }
  return { parts, error: undefined };
}

async function answer(
  response: ServerResponse,
  { status = 200, headers, body, borders }: ScriptedAnswer,
): Promise<void> {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const isStream = /^(?::|data|event|\r|\n)/.test(bytes.subarray(0, 5).toString());
  response.writeHead(status, { "content-type": isStream ? "text/event-stream" : "application/json", ...headers });
  const ends = borders ?? [...bytes.toString("latin1").matchAll(/\n\n/g)].map(({ index }) => index + 2);
  for (const [index, end] of [...ends, bytes.length].entries()) {
    const piece = bytes.subarray(ends[index - 1] ?? 0, end);
    if (piece.length > 0) await new Promise<unknown>((resolve) => response.write(piece, resolve));
  }
  response.end();
}

export function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  return { model: "m-1", messages: [{ role: "user", content: "Hi" }], settings: {}, stream: false, ...overrides };
}

export const someUsage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

/** A whole response. */
export function toResponse(output: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { id: "resp_1", object: "response", status: "completed", error: null, output, usage: someUsage, ...more };
}

export function toMessage(...content: readonly unknown[]): Record<string, unknown> {
  return { type: "message", id: "msg_1", role: "assistant", content };
}

export function toText(text: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { type: "output_text", text, annotations: [], logprobs: [], ...more };
}

/** One event of a stream. */
export function event(type: string, fields: Readonly<Record<string, unknown>> = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

export function textDelta(delta: string, more: Readonly<Record<string, unknown>> = {}): string {
  return event("response.output_text.delta", { output_index: 0, content_index: 0, delta, ...more });
}

/** The last event. */
export function completed(output: unknown = [], more: Readonly<Record<string, unknown>> = {}): string {
  return event("response.completed", { response: toResponse(output, more) });
}

/** An answer as OpenAI sends it. */
export function greet(text: string, isStream: boolean): unknown {
  const message = toMessage(toText(text));
  if (!isStream) return toResponse([message]);
  const place = { output_index: 0, content_index: 0 };
  return [
    event("response.created", { response: { ...toResponse([]), status: "in_progress", usage: null } }),
    event("response.output_item.added", { output_index: 0, item: toMessage() }),
    event("response.content_part.added", { ...place, part: toText("") }),
    ...(text.match(/\s*\S+/g) ?? []).map((word) => textDelta(word)),
    event("response.output_text.done", { ...place, text }),
    event("response.content_part.done", { ...place, part: toText(text) }),
    event("response.output_item.done", { output_index: 0, item: message }),
    completed([message]),
  ].join("");
}

/** A field of what the server was asked last. */
export function lastBody({ seen }: ScriptedResponses): Readonly<Record<string, unknown>> {
  const body = seen.at(-1)?.body;
  return isRecord(body) ? body : {};
}
