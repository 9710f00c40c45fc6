import { HeadgateError } from "../../errors.ts";
import type { ModelRequest, Provider } from "../provider.ts";
import { parseObject } from "../wire/parse-object.ts";
import { toProviderError, type FailedAnswer } from "../wire/provider-failure.ts";
import { createWireClient, type WireOptions, type WireRequest } from "../wire/wire-client.ts";
import { createGenerate } from "../wire/wire-provider.ts";
import { createAwsSigner, type AwsCredentials } from "./aws-signer.ts";
import type { ContentReaderOptions } from "./content-reader.ts";
import { createConverseReader } from "./event-reader.ts";
import { createAwsEventDecoder } from "./event-stream-decoder.ts";
import { findModelTraits, withoutGeography } from "./model-traits.ts";
import { parseAnswer } from "./parse-answer.ts";
import { findOutputTool, toCountBody, toRequestBody } from "./to-request-body.ts";

export interface BedrockProviderOptions extends WireOptions {
  /** Up to and without `/model/`. */
  readonly baseUrl: string;
  /** Such as `us-east-1`: a part of what is signed. */
  readonly region: string;
  readonly credentials:
    /** A Bedrock API key. */
    { readonly type: "bearer"; readonly apiKey: string } | ({ readonly type: "sigv4" } & AwsCredentials);
}

/** Amazon Bedrock's Converse. `close` does nothing: the connections are the outbound's. */
export function createBedrockProvider(options: BedrockProviderOptions): Provider {
  const { name } = options;
  const client = createWireClient(options, toFailure);
  const { peer } = client;
  const authorize = createAuthorize(options);
  const base = options.baseUrl.replace(/\/+$/, "");

  function toRequest(model: string, operation: string, body: unknown): WireRequest {
    const url = new URL(`${base}/model/${encodeURIComponent(model)}/${operation}`);
    const text = JSON.stringify(body);
    return { url, headers: authorize(url, text), body: text };
  }

  return {
    name,
    hasSchemaMode: true,
    dialects: [],
    generate: createGenerate(client, {
      toRequest: (request, context) => {
        const operation = request.stream ? "converse-stream" : "converse";
        return toRequest(
          request.model,
          operation,
          toRequestBody(request, (warning) => context.warn(warning)),
        );
      },
      parseWhole: (body, request) => parseAnswer(peer, body, toReaderOptions(request)),
      createReader: (request) => createConverseReader(peer, toReaderOptions(request)),
      createDecoder: createAwsEventDecoder,
    }),
    countTokens: async (request, context) => {
      // Only the model itself is counted for, not the profile that a call needs.
      const model = withoutGeography(request.model);
      const count = toCountBody(request, (warning) => context.warn(warning));
      const body = await client.post(toRequest(model, "count-tokens", count), context).catch(refuseOnly);
      // Bedrock counts for some models only.
      if (!body) return undefined;
      const { inputTokens } = parseObject(body.toString(), peer, "answered with something");
      if (Number.isSafeInteger(inputTokens) && (inputTokens as number) >= 0) return inputTokens as number;
      throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a count.` });
    },
    close: () => Promise.resolve(),
  };
}

function refuseOnly(error: unknown): undefined {
  if (!HeadgateError.is(error, "provider_rejected")) throw error;
  return undefined;
}

function toReaderOptions(request: ModelRequest): ContentReaderOptions {
  const isClaude = findModelTraits(request.model).family === "anthropic";
  return { vendor: isClaude ? "anthropic" : "other", outputTool: findOutputTool(request) };
}

function createAuthorize(options: BedrockProviderOptions): (url: URL, body: string) => Record<string, string> {
  const { credentials, region, clock, headers: ownHeaders = {} } = options;
  const accept = { accept: "application/json, application/vnd.amazon.eventstream" };
  if (credentials.type === "bearer") {
    const headers = { ...accept, authorization: `Bearer ${credentials.apiKey}` };
    return () => headers;
  }
  const signer = createAwsSigner({ region, service: "bedrock", credentials });
  // AWS asks that all headers of its own are signed.
  const signed = Object.fromEntries(Object.entries(ownHeaders).filter(([name]) => name.startsWith("x-amz-")));
  return (url, body) => {
    const { host, pathname: path, search } = url;
    const request = { method: "POST", host, path, query: search.slice(1), headers: signed, body };
    return { ...accept, ...signer.sign(request, clock.now()) };
  };
}

/** Bedrock says 424 when the model behind it failed, which another try may not meet. */
function toFailure(answer: FailedAnswer): HeadgateError {
  const error = toProviderError(answer);
  if (answer.status !== 424) return error;
  return new HeadgateError("provider_unavailable", { detail: error.detail });
}
