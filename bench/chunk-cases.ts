import { createAnthropic as createAnthropicSdk } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI as createOpenAi } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Call } from "../src/call.ts";
import { systemClock } from "../src/clock.ts";
import { anthropicMessages } from "../src/contract/anthropic/anthropic-messages.ts";
import type { Dialect, DialectRequest, PartWriter } from "../src/contract/dialect.ts";
import { openAiChat } from "../src/contract/openai-chat/openai-chat.ts";
import { openAiResponses } from "../src/contract/openai-responses/openai-responses.ts";
import { defaultResilience } from "../src/endpoint/default-resilience.ts";
import type { Snapshot } from "../src/endpoint/snapshot.ts";
import type { ByteStream, Outbound } from "../src/outbound.ts";
import { HealthBoard } from "../src/pipeline/resilience/health/health-board.ts";
import { createTokenCalibration } from "../src/pipeline/routing/token-calibration.ts";
import { createPipeline } from "../src/pipeline/pipeline.ts";
import { createAnthropicProvider } from "../src/providers/anthropic/anthropic.ts";
import { createGeminiProvider } from "../src/providers/gemini/gemini.ts";
import { createOpenAiChatProvider } from "../src/providers/openai-chat/openai-chat.ts";
import { createOpenAiResponsesProvider } from "../src/providers/openai-responses/openai-responses.ts";
import type { Provider } from "../src/providers/provider.ts";
import { chatStream, geminiStream, messagesStream, responsesStream } from "./chunk-streams.ts";

/** What happens to one stream, again and again. */
export interface ChunkCase {
  readonly name: string;
  /** Events of one stream. */
  readonly events: number;
  /** Reads one stream to its end and writes it again; returns the characters or bytes that went out. */
  run(): Promise<number>;
}

/** An outbound whose every answer is the stream, without a socket: what is measured is ours alone. */
function createCannedOutbound(stream: readonly Buffer[]): Outbound {
  return {
    request: () => Promise.reject(new Error("Only streams are measured.")),
    stream: () =>
      Promise.resolve({ status: 200, headers: { "content-type": "text/event-stream" }, body: toByteStream(stream) }),
    close: () => Promise.resolve(),
  };
}

function toByteStream(stream: readonly Buffer[]): ByteStream {
  let at = 0;
  return {
    next: () => Promise.resolve(stream[at++]),
    collect: () => Promise.reject(new Error("A stream is read piece by piece.")),
    release: () => {},
    cancel: () => {},
  };
}

interface CaseOptions {
  readonly name: string;
  readonly stream: readonly Buffer[];
  readonly createProvider: (outbound: Outbound) => Provider;
  /** The client's. */
  readonly dialect: Dialect;
  readonly body: unknown;
}

/** From the provider's bytes through the whole pipeline to the bytes for the client. */
function createCase({ name, stream, createProvider, dialect, body }: CaseOptions): ChunkCase {
  const provider = createProvider(createCannedOutbound(stream));
  const run = createPipeline({
    journal: { append: () => Promise.resolve() },
    clock: systemClock,
    onRecord: () => {},
    priceOf: () => 0,
    findProvider: () => provider,
    board: new HealthBoard({ clock: systemClock }),
    findContextWindow: async () => undefined,
    ledger: {
      reserve: () => undefined,
      tryReserve: () => true,
      listLeft: () => ({}),
      settle: () => {},
    },
    tokens: createTokenCalibration(),
    answers: { find: () => undefined, keep: () => false, close: () => Promise.resolve() },
  });
  const request: DialectRequest = dialect.parseRequest(body, {});
  return {
    name,
    events: stream.length,
    run: async () => {
      const reply = await run(toCall(request));
      const writer: PartWriter = dialect.createWriter!({ requestId: "r", model: "m", createdAtMs: 0 }, request);
      let sent = 0;
      let isRaw = false;
      for await (const part of reply.parts) {
        isRaw ||= part.type === "raw";
        sent += part.type === "raw" ? part.bytes.length : isRaw ? 0 : writer.write(part).length;
      }
      return sent + (isRaw ? 0 : writer.end().length);
    },
  };
}

const snapshot = {
  id: "bench",
  endpoints: new Map(),
  providers: new Map(),
  models: new Map([["m", { name: "m", deployments: [{ provider: "p", model: "m", weight: 1 }] }]]),
  tiers: new Map(),
  resilience: defaultResilience,
} as unknown as Snapshot;

function toCall({ messages, settings, output, tools, foreign, model }: DialectRequest): Call {
  const nowMs = systemClock.now();
  return {
    requestId: "r",
    startedAtMs: nowMs,
    deadlineMs: nowMs + 60_000,
    signal: new AbortController().signal,
    tenant: "t",
    snapshot,
    messages,
    settings,
    output,
    tools,
    foreign,
    requestedModel: model,
    stream: true,
    notes: { nextReason: "first", attempts: [], rungs: [], warnings: [], providerWarnings: [] },
  };
}

/** The AI SDK's provider reads the same bytes into its own parts, and writes nothing. */
function createOracleCase(
  name: string,
  stream: readonly Buffer[],
  model: (fetch: typeof globalThis.fetch) => LanguageModelV4,
): ChunkCase {
  const respond = (): Promise<Response> => {
    const bytes = stream.map((chunk) => new Uint8Array(chunk));
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = bytes[at++];
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
  const subject = model(respond);
  return {
    name,
    events: stream.length,
    run: async () => {
      const { stream: parts } = await subject.doStream({
        prompt: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      });
      let sent = 0;
      for await (const part of parts) if (part.type === "text-delta") sent += part.delta.length;
      return sent;
    },
  };
}

const chatBody = { model: "m", messages: [{ role: "user", content: "Hi" }], stream: true };
const messagesBody = { ...chatBody, max_tokens: 2000 };
const responsesBody = { model: "m", input: "Hi", stream: true };

const base = { name: "p", clock: systemClock };
const createChat = (outbound: Outbound): Provider =>
  createOpenAiChatProvider({ ...base, baseUrl: "http://upstream/v1", outbound });
const createAnthropic = (outbound: Outbound): Provider =>
  createAnthropicProvider({ ...base, baseUrl: "http://upstream", apiKey: "k", outbound });
const createResponses = (outbound: Outbound): Provider =>
  createOpenAiResponsesProvider({ ...base, baseUrl: "http://upstream/v1", vendor: "openai", outbound });
const createGemini = (outbound: Outbound): Provider =>
  createGeminiProvider({ ...base, baseUrl: "http://upstream", auth: "api-key", outbound });

const upstreams = {
  chat: { stream: chatStream, createProvider: createChat },
  messages: { stream: messagesStream, createProvider: createAnthropic },
  responses: { stream: responsesStream, createProvider: createResponses },
  gemini: { stream: geminiStream, createProvider: createGemini },
} as const;

const clients = {
  chat: { dialect: openAiChat as unknown as Dialect, body: chatBody },
  messages: { dialect: anthropicMessages, body: messagesBody },
  responses: { dialect: openAiResponses as unknown as Dialect, body: responsesBody },
} as const;

const ours = Object.entries(upstreams).flatMap(([from, upstream]) =>
  Object.entries(clients).map(([to, client]) =>
    createCase({ name: `${from === to ? "relay" : "translation"} ${from} > ${to}`, ...upstream, ...client }),
  ),
);

export const chunkCases: readonly ChunkCase[] = [
  ...ours,
  createOracleCase("@ai-sdk/openai-compatible, reading only", chatStream, (fetch) =>
    createOpenAICompatible({ name: "p", baseURL: "http://upstream/v1", fetch })("m"),
  ),
  createOracleCase("@ai-sdk/anthropic, reading only", messagesStream, (fetch) =>
    createAnthropicSdk({ baseURL: "http://upstream/v1", apiKey: "k", fetch })("m"),
  ),
  createOracleCase("@ai-sdk/openai, reading only", responsesStream, (fetch) =>
    createOpenAi({ baseURL: "http://upstream/v1", apiKey: "k", fetch })("m"),
  ),
  createOracleCase("@ai-sdk/google, reading only", geminiStream, (fetch) =>
    createGoogle({ baseURL: "http://upstream", apiKey: "k", fetch })("m"),
  ),
];
