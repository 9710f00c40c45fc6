import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { createWireClient, type WireOptions } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createEventReader } from "./event-reader.ts";
import { parseMessage } from "./parse-message.ts";
import { toCountBody, toRequestBody } from "./to-request-body.ts";

export interface AnthropicProviderOptions extends WireOptions {
  /** Up to and without `/v1/messages`; a query is kept. */
  readonly baseUrl: string;
  /** Sent as `x-api-key`. Absent: no key is sent. */
  readonly apiKey?: string;
}

/** Any server that speaks Anthropic Messages. `close` does nothing: the connections are the outbound's. */
export function createAnthropicProvider(options: AnthropicProviderOptions): Provider {
  const { name, headers: ownHeaders = {} } = options;
  const { betas: ownBetas, rest } = takeBetas(ownHeaders);
  const client = createWireClient({ ...options, headers: rest });
  const { peer } = client;
  const url = toUrl(options.baseUrl, "/v1/messages");
  const countUrl = toUrl(options.baseUrl, "/v1/messages/count_tokens");
  const base = toHeaders(options.apiKey);

  /** Betas that the config asks for hold for every request, those of a client for its own. */
  function headersOf({ foreign }: ModelRequest): Record<string, string> {
    const { betas, rest: asked } = takeBetas(foreign?.headers ?? {});
    const all = [...new Set([...ownBetas, ...betas])];
    return { ...base, ...asked, ...(all.length === 0 ? {} : { "anthropic-beta": all.join(",") }) };
  }

  async function countTokens(request: ModelRequest, context: ProviderContext): Promise<number> {
    const body = JSON.stringify(toCountBody(request));
    const answer = await client.post({ url: countUrl, headers: headersOf(request), body }, context);
    return parseCount(peer, answer);
  }

  return {
    name,
    hasSchemaMode: true,
    dialects: ["anthropic-messages"],
    generate: createGenerate(client, {
      dialect: "anthropic-messages",
      toRequest: (request, context) => ({
        url,
        headers: headersOf(request),
        body: JSON.stringify(toRequestBody(request, (warning) => context.warn(warning))),
      }),
      parseWhole: (body) => parseMessage(peer, body),
      createReader: () => createEventReader(peer),
    }),
    countTokens,
    close: () => Promise.resolve(),
  };
}

function toUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  // Some clients' base URLs end in /v1, and are often copied.
  url.pathname = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "") + path;
  return url;
}

function toHeaders(apiKey: string | undefined): Record<string, string> {
  return {
    accept: "application/json, text/event-stream",
    "anthropic-version": "2023-06-01",
    ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
  };
}

type Headers = Readonly<Record<string, string>>;

function takeBetas(headers: Headers): { readonly betas: readonly string[]; readonly rest: Headers } {
  const isBeta = (name: string): boolean => name.toLowerCase() === "anthropic-beta";
  const entries = Object.entries(headers);
  const betas = entries.flatMap(([name, value]) => (isBeta(name) ? value.split(",") : []));
  return {
    betas: betas.map((beta) => beta.trim()).filter((beta) => beta !== ""),
    rest: Object.fromEntries(entries.filter(([name]) => !isBeta(name))),
  };
}

function parseCount(peer: string, bytes: Buffer): number {
  const body = parseObject(bytes.toString(), peer, "counted with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  const { input_tokens: count } = body;
  if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a count.` });
}
