import { systemClock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import { createOutbound } from "../../outbound.ts";
import { collect, type Completion, type Part, type Reply } from "../../reply.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createAnthropicServer, type AnthropicServer, type ScriptedMessage } from "./anthropic-server-fixture.ts";
import { createAnthropicProvider, type AnthropicProviderOptions } from "./anthropic.ts";

/** The provider `anthropic` in front of a scripted server, and short ways to call it. */
export interface ScriptedAnthropic {
  readonly server: AnthropicServer;
  readonly provider: Provider;
  /** Another provider in front of the same server. */
  createProvider(options: Partial<AnthropicProviderOptions>): Provider;
  generate(request: ModelRequest, provider?: Provider): Promise<Reply>;
  complete(request: ModelRequest, provider?: Provider): Promise<Completion>;
  /** Rejects if there is a warning. */
  count(request: ModelRequest): Promise<number>;
  /** The parts up to the stream's end, and the error that it ended with. */
  read(request: ModelRequest): Promise<{ readonly parts: readonly Part[]; readonly error: HeadgateError | undefined }>;
  /** What the provider makes of an answer. */
  answer(answer: ScriptedMessage, request?: Partial<ModelRequest>): Promise<Completion>;
  /** The request as the server sees it, and what the client is warned of. */
  translate(request: Partial<ModelRequest>): Promise<Translated>;
  close(): Promise<void>;
}

export interface Translated {
  /** Without model and messages. */
  readonly body: Record<string, unknown>;
  readonly turns: readonly { readonly role: string; readonly content: readonly unknown[] }[];
  readonly warnings: readonly string[];
}

export async function openScriptedAnthropic(): Promise<ScriptedAnthropic> {
  const server = await createAnthropicServer();
  const outbound = createOutbound();
  const warnings: string[] = [];
  const fixed = { name: "scripted", baseUrl: server.url, apiKey: "key", outbound, clock: systemClock };
  const createProvider = (options: Partial<AnthropicProviderOptions>): Provider =>
    createAnthropicProvider({ ...fixed, ...options });
  const provider = createProvider({});
  const warn = (warning: string): void => void warnings.push(warning);
  const generate: ScriptedAnthropic["generate"] = (request, by = provider) => by.generate(request, toContext(warn));
  const complete: ScriptedAnthropic["complete"] = async (request, by) => collect(await generate(request, by));
  return {
    server,
    provider,
    createProvider,
    generate,
    complete,
    count: async (request) => (await provider.countTokens?.(request, toContext(failOnWarning))) ?? Number.NaN,
    read: async (request) => {
      const parts: Part[] = [];
      try {
        for await (const part of (await generate(request)).parts) parts.push(part);
      } catch (error) {
        return { parts, error: HeadgateError.from(error) };
      }
      return { parts, error: undefined };
    },
    answer: (answer, request) => {
      server.script(answer);
      return complete(toRequest(request));
    },
    translate: async (request) => {
      const known = warnings.length;
      await complete(toRequest(request));
      const { model: _model, messages, ...body } = server.requests.at(-1)!.body;
      return { body, turns: messages as Translated["turns"], warnings: warnings.slice(known) };
    },
    close: async () => {
      await outbound.close();
      await server.close();
    },
  };
}

function toContext(warn: ProviderContext["warn"]): ProviderContext {
  return { signal: new AbortController().signal, deadlineMs: systemClock.now() + 10_000, warn };
}

function failOnWarning(warning: string): never {
  throw new Error(`It warns: ${warning}`);
}

export function toRequest(overrides: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user", content: "Hi" }] as const;
  return { model: "claude-sonnet-4-5", messages, settings: {}, stream: false, ...overrides };
}
