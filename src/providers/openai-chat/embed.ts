import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { Usage } from "../../reply.ts";
import type { EmbedAnswer, EmbedRequest, Provider } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import type { WireClient } from "../wire/wire-client.ts";
import type { ToUrl } from "./urls.ts";

export interface EmbedOptions {
  readonly client: WireClient;
  readonly toUrl: ToUrl;
  readonly headers: Readonly<Record<string, string>>;
  readonly dimensionsField: "dimensions" | "output_dimension";
}

/** `POST /embeddings`. A client's own body of that dialect is forwarded with `model` replaced, and the answer's bytes come back. */
export function createEmbed(options: EmbedOptions): NonNullable<Provider["embed"]> {
  const { client, toUrl, headers, dimensionsField } = options;
  return async (request, context) => {
    const { model, inputs, foreign } = request;
    const own = foreign?.dialect === "openai-embeddings" ? foreign.body : undefined;
    const body = JSON.stringify(own ? { ...own, model } : toBody(request));
    const bytes = await client.post({ url: toUrl("/embeddings", model), headers, body }, context);
    const { data, usage } = parseEmbeddings(client.peer, bytes);
    // The client reads the bytes itself; thousands of numbers need not be made for nobody.
    if (own) return { vectors: [], usage, raw: bytes };
    if (data.length === inputs.length) return { vectors: toVectors(client.peer, data), usage };
    throw new HeadgateError("provider_protocol", {
      detail: `${client.peer} answered with ${data.length} vectors for ${inputs.length} texts.`,
    });
  };

  function toBody({ model, inputs, dimensions }: EmbedRequest): Record<string, unknown> {
    return { model, input: inputs, ...(dimensions === undefined ? {} : { [dimensionsField]: dimensions }) };
  }
}

interface Embeddings {
  readonly data: readonly unknown[];
  readonly usage: Usage | undefined;
}

/** @throws HeadgateError `provider_protocol` */
function parseEmbeddings(peer: string, bytes: Buffer): Embeddings {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  const { data } = body;
  if (Array.isArray(data)) return { data, usage: parseEmbedUsage(body["usage"]) };
  throw new HeadgateError("provider_protocol", { detail: `${peer} answered without embeddings.` });
}

/** @throws HeadgateError `provider_protocol` */
function toVectors(peer: string, data: readonly unknown[]): EmbedAnswer["vectors"] {
  const vectors = new Map<unknown, readonly number[]>();
  for (const [at, entry] of data.entries()) {
    const vector = isRecord(entry) ? toVector(entry["embedding"]) : undefined;
    if (vector) vectors.set(isRecord(entry) ? (entry["index"] ?? at) : at, vector);
  }
  return data.map((_, at) => {
    const vector = vectors.get(at);
    if (vector) return vector;
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered with an embedding that cannot be read.` });
  });
}

/** Numbers, or base64 of 32-bit floats in little-endian order, which is what OpenAI's own clients ask for. */
function toVector(value: unknown): readonly number[] | undefined {
  if (Array.isArray(value)) return value.every((number) => typeof number === "number") ? value : undefined;
  if (typeof value !== "string") return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

function parseEmbedUsage(value: unknown): Usage | undefined {
  const tokens = isRecord(value) ? (value["prompt_tokens"] ?? value["total_tokens"]) : undefined;
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0
    ? { inputTokens: tokens as number, outputTokens: 0 }
    : undefined;
}
