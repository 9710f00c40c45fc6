import { HeadgateError } from "../../errors.ts";
import type { Provider, ProviderContext } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { createWireClient, type WireOptions } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createStreamDecoder } from "./decode-stream.ts";
import { createEmbed, type PostTo } from "./embed.ts";
import { parseAnswer } from "./parse-answer.ts";
import { toCount } from "./parse-usage.ts";
import { createPieceReader } from "./piece-reader.ts";
import { toCountBody, toModelPath, toRequestBody } from "./to-request-body.ts";
import { toServiceTier } from "./to-service-tier.ts";

export interface GeminiProviderOptions extends WireOptions {
  /** Up to and without `/models/...`; a query is kept. */
  readonly baseUrl: string;
  /** Absent: no key is sent. */
  readonly apiKey?: string;
  /** `api-key`: in the header `x-goog-api-key`, as AI Studio takes it. `bearer`: an access token, as Vertex takes it. */
  readonly auth: "api-key" | "bearer";
}

/** Gemini's generateContent at Google AI Studio or on Vertex AI. `close` does nothing: the connections are the outbound's. */
export function createGeminiProvider(options: GeminiProviderOptions): Provider {
  const { name } = options;
  const client = createWireClient(options);
  const { peer } = client;
  const headers = toHeaders(options);
  const toUrl = createUrlMaker(options.baseUrl);
  const isVertex = options.auth === "bearer" || options.baseUrl.includes("/publishers/google");
  const post: PostTo = (method, model, body, context) =>
    client.post({ url: toUrl(model, method), headers, body: JSON.stringify(body) }, context);
  return {
    name,
    hasSchemaMode: true,
    dialects: [],
    generate: createGenerate(client, {
      toRequest: (request, context) => {
        const warn = toWarn(context);
        const tier = toServiceTier(request.settings.serviceTier, isVertex, warn);
        const body = { ...toRequestBody(request, { isVertex, warn }), ...tier.body };
        const url = toUrl(request.model, request.stream ? "streamGenerateContent" : "generateContent");
        return { url, headers: tier.headers ? { ...headers, ...tier.headers } : headers, body: JSON.stringify(body) };
      },
      parseWhole: (body) => parseAnswer(body, peer),
      createReader: () => createPieceReader(peer),
      createDecoder: createStreamDecoder,
    }),
    embed: createEmbed({ peer, isVertex, post }),
    countTokens: async (request, context) => {
      const body = toCountBody(request, { isVertex, warn: toWarn(context) });
      return readTotal(await post("countTokens", request.model, body, context), peer);
    },
    close: () => Promise.resolve(),
  };
}

function toWarn(context: ProviderContext): (warning: string) => void {
  return (warning) => context.warn(warning);
}

function readTotal(bytes: Buffer, peer: string): number {
  // Google leaves out what is zero.
  const total = toCount(parseObject(bytes.toString(), peer, "answered with something")["totalTokens"] ?? 0);
  if (total !== undefined) return total;
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a count of tokens.` });
}

function createUrlMaker(baseUrl: string): (model: string, method: string) => URL {
  const base = new URL(baseUrl);
  const root = `${base.origin}${base.pathname.replace(/\/+$/, "")}`;
  return (model, method) => {
    const steps = toModelPath(model).split("/");
    // The client chooses the model's name: it must not lead out of the address.
    if (steps.some((step) => step === "" || step === "." || step === "..")) {
      throw new HeadgateError("model_not_found", { detail: "The name of a Gemini model has an empty or dotted step." });
    }
    const url = new URL(`${root}/${steps.map(encodeURIComponent).join("/")}:${method}${base.search}`);
    if (method === "streamGenerateContent") url.searchParams.set("alt", "sse");
    return url;
  };
}

function toHeaders({ apiKey, auth }: GeminiProviderOptions): Record<string, string> {
  const accept = "application/json, text/event-stream";
  if (apiKey === undefined) return { accept };
  return auth === "bearer" ? { accept, authorization: `Bearer ${apiKey}` } : { accept, "x-goog-api-key": apiKey };
}
