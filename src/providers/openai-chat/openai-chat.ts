import type { ModelRequest, Provider } from "../provider.ts";
import { createWireClient, type WireOptions } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createChunkReader, mayMatter } from "./chunk-reader.ts";
import { parseCompletion } from "./parse-completion.ts";
import { asksForUsage, toRequestBody, type RequestBodyOptions } from "./to-request-body.ts";

export interface OpenAiChatProviderOptions extends WireOptions {
  /** Up to and without `/chat/completions`; a query such as Azure's `?api-version=` is kept. */
  readonly baseUrl: string;
  /** Absent: no Authorization header. */
  readonly apiKey?: string;
  /** False: the schema is put into the prompt, and the JSON mode without schema is asked for. */
  readonly hasSchemaMode: boolean;
}

/** Any server that speaks OpenAI Chat Completions. `close` does nothing: the connections are the outbound's. */
export function createOpenAiChatProvider(options: OpenAiChatProviderOptions): Provider {
  const { name, hasSchemaMode } = options;
  const client = createWireClient(options);
  const { peer } = client;
  const url = toChatUrl(options.baseUrl);
  const bodyOptions: RequestBodyOptions = { hasSchemaMode, limitField: toLimitField(url) };
  const headers = toHeaders(options.apiKey);
  return {
    name,
    hasSchemaMode,
    dialects: ["openai-chat"],
    generate: createGenerate(client, {
      dialect: "openai-chat",
      toRequest: (request) => ({ url, headers, body: JSON.stringify(toRequestBody(request, bodyOptions)) }),
      parseWhole: (body) => parseCompletion(peer, body),
      createReader: (request) => createChunkReader({ peer, showsUsage: showsUsage(request) }),
      mayMatter,
    }),
    close: () => Promise.resolve(),
  };
}

function showsUsage({ foreign }: ModelRequest): boolean {
  return foreign !== undefined && asksForUsage(foreign.body);
}

function toChatUrl(baseUrl: string): URL {
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url;
}

function toLimitField({ hostname }: URL): RequestBodyOptions["limitField"] {
  const isOpenAi = hostname === "api.openai.com" || hostname.endsWith(".openai.azure.com");
  return isOpenAi ? "max_completion_tokens" : "max_tokens";
}

function toHeaders(apiKey: string | undefined): Record<string, string> {
  return {
    accept: "application/json, text/event-stream",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
