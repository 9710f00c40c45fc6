import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import { createOutbound } from "../../outbound.ts";
import { collect, type Completion, type Part, type Reply } from "../../reply.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { createBedrockProvider, type BedrockProviderOptions } from "./bedrock.ts";

export interface ScriptedBedrockAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is bytes or text. */
  readonly body: unknown;
  /** The body goes out in pieces of this many bytes. */
  readonly pieceBytes?: number;
}

interface SeenBedrockRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** The provider `bedrock` in front of a server that says what it was told to, and short ways to call it. */
export interface ScriptedBedrock {
  readonly provider: Provider;
  readonly seen: readonly SeenBedrockRequest[];
  readonly warnings: readonly string[];
  script(...answers: readonly ScriptedBedrockAnswer[]): void;
  createProvider(options: Partial<BedrockProviderOptions>): Provider;
  complete(request?: Partial<ModelRequest>, provider?: Provider): Promise<Completion>;
  /** Of one request, the body that the server saw. */
  ask(request: Partial<ModelRequest>): Promise<Record<string, unknown>>;
  /** The parts up to the stream's end, and what it failed with. */
  read(request?: Partial<ModelRequest>): Promise<{ readonly parts: Part[]; readonly error?: HeadgateError }>;
  close(): Promise<void>;
}

interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenBedrockRequest[];
  readonly script: (...answers: readonly ScriptedBedrockAnswer[]) => void;
  readonly close: () => Promise<void>;
}

async function openServer(fallback: (path: string) => ScriptedBedrockAnswer): Promise<ScriptedServer> {
  const queue: ScriptedBedrockAnswer[] = [];
  const seen: SeenBedrockRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const path = request.url ?? "";
      seen.push({ path, headers: request.headers, text, body: parseJson(text) as Record<string, unknown> });
      const { status = 200, headers = {}, body, pieceBytes = 65_536 } = queue.shift() ?? fallback(path);
      const isFrames = body instanceof Uint8Array;
      const bytes = isFrames ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      const contentType = isFrames ? "application/vnd.amazon.eventstream" : "application/json";
      response.writeHead(status, { "content-type": contentType, ...headers });
      for (let at = 0; at < bytes.length; at += pieceBytes) response.write(bytes.subarray(at, at + pieceBytes));
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    script: (...answers) => {
      queue.push(...answers);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export async function openScriptedBedrock(
  fallback: (path: string) => ScriptedBedrockAnswer = () => ({ body: toWhole([{ text: "Hi." }]) }),
): Promise<ScriptedBedrock> {
  const { url: baseUrl, seen, script, close } = await openServer(fallback);
  const outbound = createOutbound();
  const warnings: string[] = [];
  const base: BedrockProviderOptions = {
    name: "scripted",
    baseUrl,
    region: "us-east-1",
    credentials: { type: "bearer", apiKey: "bedrock-key" },
    outbound,
    clock: systemClock,
  };
  const provider = createBedrockProvider(base);
  const generate = (request: Partial<ModelRequest>, by = provider): Promise<Reply> => {
    const { signal } = new AbortController();
    const warn = (warning: string): number => warnings.push(warning);
    return by.generate(toBedrockRequest(request), { signal, deadlineMs: systemClock.now() + 10_000, warn });
  };
  return {
    provider,
    seen,
    warnings,
    script,
    createProvider: (options) => createBedrockProvider({ ...base, ...options }),
    complete: async (request = {}, by = provider) => collect(await generate(request, by)),
    ask: async (request) => {
      await generate(request);
      return seen.at(-1)?.body ?? {};
    },
    read: async (request = {}) => {
      const parts: Part[] = [];
      try {
        for await (const part of (await generate({ stream: true, ...request })).parts) parts.push(part);
      } catch (error) {
        return { parts, error: HeadgateError.from(error) };
      }
      return { parts };
    },
    close: async () => {
      await outbound.close();
      await close();
    },
  };
}

export const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

export function toBedrockRequest(request: Partial<ModelRequest> = {}): ModelRequest {
  return { model: claude, messages: [{ role: "user", content: "Hi" }], settings: {}, stream: false, ...request };
}

/** A whole answer with this content. */
export function toWhole(
  content: readonly unknown[],
  stopReason = "end_turn",
  usage: unknown = { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
): Record<string, unknown> {
  return { metrics: { latencyMs: 1 }, output: { message: { role: "assistant", content } }, stopReason, usage };
}
