import type { Dialect } from "../../call.ts";
import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { createWireClient, type WireOptions } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createChunkReader } from "./chunk-reader.ts";
import { createEmbed } from "./embed.ts";
import { createModerate } from "./moderate.ts";
import { parseCompletion } from "./parse-completion.ts";
import { findQuirks, type Quirks } from "./quirks.ts";
import { asksForUsage, toRequestBody } from "./to-request-body.ts";
import { createUrls } from "./urls.ts";

export interface OpenAiChatProviderOptions extends WireOptions {
  /** Up to and without `/chat/completions`; a query such as Azure's `?api-version=` is kept. For Azure, the resource is enough. */
  readonly baseUrl: string;
  /** Absent: no key is sent. */
  readonly apiKey?: string;
  /** Whose quirks the server has. @default whoever serves at the host, else a server that does as OpenAI does */
  readonly vendor?: OpenAiVendor;
  /** Azure's: models are then deployments. */
  readonly apiVersion?: string;
  /** False: the schema is put into the prompt, and JSON without a schema is asked for. @default what the vendor does */
  readonly hasSchemaMode?: boolean;
}

/** Any server that speaks OpenAI Chat Completions. `close` does nothing: the connections are the outbound's. */
export function createOpenAiChatProvider(options: OpenAiChatProviderOptions): Provider {
  const { name, baseUrl, apiKey, vendor, apiVersion } = options;
  const client = createWireClient(options);
  const { peer } = client;
  const quirks = withSchemaMode(findQuirks(vendor, new URL(baseUrl)), options.hasSchemaMode);
  const toUrl = createUrls(baseUrl, quirks, apiVersion);
  const headers = toHeaders(apiKey, quirks);
  const shared = { client, toUrl, headers };
  return {
    name,
    hasSchemaMode: quirks.json === "schema",
    dialects: listDialects(quirks),
    generate: createGenerate(client, {
      dialect: "openai-chat",
      toRequest: (request, context) => ({
        url: toUrl("/chat/completions", request.model),
        headers,
        body: JSON.stringify(toRequestBody(request, quirks, (warning) => context.warn(warning))),
      }),
      parseWhole: (body) => parseCompletion(peer, body),
      createReader: (request) =>
        createChunkReader({ peer, showsUsage: showsUsage(request), saysReason: quirks.saysReason }),
    }),
    ...(quirks.embeddings ? { embed: createEmbed({ ...shared, ...quirks.embeddings }) } : {}),
    ...(quirks.moderations ? { moderate: createModerate(shared) } : {}),
    close: () => Promise.resolve(),
  };
}

// What a config says holds for every model of the provider.
function withSchemaMode(quirks: Quirks, hasSchemaMode: boolean | undefined): Quirks {
  if (hasSchemaMode === undefined) return quirks;
  const json = hasSchemaMode ? "schema" : quirks.json === "none" ? "none" : "object";
  return { ...quirks, json, families: quirks.families.map(({ json: _json, ...family }) => family) };
}

function listDialects({ embeddings, moderations }: Quirks): readonly Dialect[] {
  return [
    "openai-chat",
    ...(embeddings ? (["openai-embeddings"] as const) : []),
    // Others answer with other fields.
    ...(moderations?.flags ? (["openai-moderations"] as const) : []),
  ];
}

function showsUsage({ foreign }: ModelRequest): boolean {
  return foreign !== undefined && asksForUsage(foreign.body);
}

function toHeaders(apiKey: string | undefined, { auth }: Quirks): Record<string, string> {
  const accept = { accept: "application/json, text/event-stream" };
  if (apiKey === undefined) return accept;
  return auth === "api-key" ? { ...accept, "api-key": apiKey } : { ...accept, authorization: `Bearer ${apiKey}` };
}
