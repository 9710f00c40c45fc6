import { collect, type Completion, type Part, type Reply } from "../reply.ts";
import { systemClock } from "../clock.ts";
import { HeadgateError } from "../errors.ts";
import { createOutbound } from "../outbound.ts";
import { createOpenAiChatProvider, type OpenAiChatProviderOptions } from "../providers/openai-chat/openai-chat.ts";
import type { ModelRequest, Provider } from "../providers/provider.ts";
import { createScriptedProvider, type ScriptedProvider } from "./scripted-provider.ts";

/** The provider `openai-chat` in front of a scripted server, and short ways to call it. */
export interface ScriptedOpenAiChat {
  readonly upstream: ScriptedProvider;
  readonly provider: Provider;
  /** Another provider in front of the same server. */
  createProvider(options: Partial<OpenAiChatProviderOptions>): Provider;
  generate(request: ModelRequest, signal?: AbortSignal): Promise<Reply>;
  complete(request: ModelRequest): Promise<Completion>;
  /** The parts up to the stream's end, and the error that it ended with. */
  read(request: ModelRequest): Promise<{ readonly parts: readonly Part[]; readonly error: HeadgateError | undefined }>;
  close(): Promise<void>;
}

export async function openScriptedOpenAiChat(): Promise<ScriptedOpenAiChat> {
  const upstream = await createScriptedProvider();
  const outbound = createOutbound();
  const createProvider = (options: Partial<OpenAiChatProviderOptions> = {}): Provider =>
    createOpenAiChatProvider({
      name: "scripted",
      baseUrl: upstream.url,
      apiKey: "sk-test",
      hasSchemaMode: true,
      outbound,
      clock: systemClock,
      ...options,
    });
  const provider = createProvider();
  const generate = (request: ModelRequest, signal = new AbortController().signal): Promise<Reply> =>
    provider.generate(request, { signal, deadlineMs: systemClock.now() + 10_000, warn: () => {} });
  return {
    upstream,
    provider,
    createProvider,
    generate,
    complete: async (request) => collect(await generate(request)),
    read: async (request) => {
      const parts: Part[] = [];
      try {
        for await (const part of (await generate(request)).parts) parts.push(part);
      } catch (error) {
        return { parts, error: HeadgateError.from(error) };
      }
      return { parts, error: undefined };
    },
    close: async () => {
      await outbound.close();
      await upstream.close();
    },
  };
}

export function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  return { model: "m-1", messages: [{ role: "user", content: "Hi" }], settings: {}, stream: false, ...overrides };
}

/** One event of a stream. */
export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** One chunk of a stream, with the delta of its only choice. */
export function delta(value: unknown, finishReason: string | null = null): string {
  return event({ choices: [{ index: 0, delta: value, finish_reason: finishReason }] });
}
