import type { OpenAiVendor } from "../../endpoint/vendors.ts";
import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { createWireClient, type WireOptions } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createCountTokens } from "./count-tokens.ts";
import { parseResponse } from "./parse-response.ts";
import { createResponseReader } from "./response-reader.ts";
import { toResponsesUrl } from "./responses-url.ts";
import { toRelayBody } from "./to-relay-body.ts";
import { toRequestBody } from "./to-request-body.ts";
import { toVendorTraits } from "./vendor-traits.ts";

export interface OpenAiResponsesProviderOptions extends WireOptions {
  /** Up to and without `/responses`; for Azure the resource. */
  readonly baseUrl: string;
  /** Absent: no key is sent. */
  readonly apiKey?: string;
  readonly vendor: OpenAiVendor;
  /** Azure's `api-version`. @default Azure's v1 API, which has none */
  readonly apiVersion?: string;
}

/** OpenAI Responses, at OpenAI, Azure, xAI and others. `close` does nothing: the connections are the outbound's. */
export function createOpenAiResponsesProvider(options: OpenAiResponsesProviderOptions): Provider {
  const { name, vendor, apiVersion } = options;
  const client = createWireClient(options);
  const url = toResponsesUrl(options);
  const headers = toHeaders(options);
  const traits = toVendorTraits(vendor, apiVersion);
  const reading = { peer: client.peer, traits };
  let mayAskForSummary = true;

  const toBody = (request: ModelRequest, context: ProviderContext): Record<string, unknown> =>
    request.foreign?.dialect === "openai-responses"
      ? toRelayBody(request.foreign.body, request)
      : toRequestBody(request, { traits, mayAskForSummary, context });

  const ask = createGenerate(client, {
    dialect: "openai-responses",
    toRequest: (request, context) => ({
      url,
      headers: { ...request.foreign?.headers, ...headers },
      body: JSON.stringify(toBody(request, context)),
    }),
    parseWhole: (body) => parseResponse(reading, body),
    createReader: () => createResponseReader(reading),
  });

  // OpenAI gives summaries to verified organisations only, and refuses the whole request of others.
  async function generate(request: ModelRequest, context: ProviderContext): ReturnType<Provider["generate"]> {
    try {
      return await ask(request, context);
    } catch (error) {
      if (request.foreign || !mayAskForSummary || !refusesSummary(error)) throw error;
      mayAskForSummary = false;
      context.warn("summaries of the reasoning are not offered to this account and were dropped.");
      return await ask(request, context);
    }
  }

  return {
    name,
    hasSchemaMode: true,
    dialects: ["openai-responses"],
    generate,
    ...(traits.countsTokens ? { countTokens: createCountTokens(client, { url, headers, toBody }) } : {}),
    close: () => Promise.resolve(),
  };
}

function refusesSummary(error: unknown): boolean {
  return HeadgateError.is(error, "provider_rejected") && error.detail?.includes("reasoning.summary") === true;
}

function toHeaders({ apiKey, vendor }: OpenAiResponsesProviderOptions): Record<string, string> {
  const accept = { accept: "application/json, text/event-stream" };
  if (apiKey === undefined) return accept;
  return vendor === "azure" ? { ...accept, "api-key": apiKey } : { ...accept, authorization: `Bearer ${apiKey}` };
}
