import { wholeReply, type Reply } from "../../call.ts";
import type { Clock } from "../../clock.ts";
import { HeadgateError } from "../../errors.ts";
import type { Outbound, OutboundRequest, StreamedAnswer } from "../../outbound.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import { parseCompletion } from "./parse-completion.ts";
import { createRelayReader } from "./relay-reader.ts";
import { streamParts } from "./stream-parts.ts";
import { toProviderError } from "./to-provider-error.ts";
import { asksForUsage, toRequestBody, type RequestBodyOptions } from "./to-request-body.ts";
import { createTypedReader } from "./typed-reader.ts";

export interface OpenAiChatProviderOptions {
  readonly name: string;
  /** Up to and without `/chat/completions`; a query such as Azure's `?api-version=` is kept. */
  readonly baseUrl: string;
  /** Absent: no Authorization header. */
  readonly apiKey?: string;
  /** False: the schema is put into the prompt, and the JSON mode without schema is asked for. */
  readonly hasSchemaMode: boolean;
  readonly outbound: Outbound;
  readonly clock: Clock;
  /** Most bytes of one answer. @default 32 MiB */
  readonly maxResponseBytes?: number;
}

/** Any server that speaks OpenAI Chat Completions. `close` does nothing: the connections are the outbound's. */
export function createOpenAiChatProvider(options: OpenAiChatProviderOptions): Provider {
  const { name, outbound, clock, hasSchemaMode, maxResponseBytes = 32 * 1024 * 1024 } = options;
  const peer = `The provider ${name}`;
  const url = toChatUrl(options.baseUrl);
  const bodyOptions: RequestBodyOptions = { hasSchemaMode, limitField: toLimitField(url) };
  const headers = toHeaders(options.apiKey);

  function toOutboundRequest(request: ModelRequest, { signal, deadlineMs }: ProviderContext): OutboundRequest {
    const body = JSON.stringify(toRequestBody(request, bodyOptions));
    return { method: "POST", url, headers, body, signal, deadlineMs, maxBytes: maxResponseBytes, peer };
  }

  async function answerWhole(request: ModelRequest, context: ProviderContext): Promise<Reply> {
    const answer = await outbound.request(toOutboundRequest(request, context));
    if (!isOk(answer.status)) throw toProviderError({ ...answer, peer, nowMs: clock.now() });
    const completion = parseCompletion(peer, answer.body);
    return wholeReply(isRelay(request) ? { ...completion, raw: answer.body } : completion);
  }

  async function answerStreamed(request: ModelRequest, context: ProviderContext): Promise<Reply> {
    const answer = await outbound.stream(toOutboundRequest(request, context));
    if (!isOk(answer.status)) {
      throw toProviderError({ ...answer, body: await answer.body.collect(), peer, nowMs: clock.now() });
    }
    // A server that cannot stream answers whole.
    if (hasType(answer, "application/json")) return wholeReply(parseCompletion(peer, await answer.body.collect()));
    if (hasType(answer, "text/html")) {
      answer.body.cancel();
      throw new HeadgateError("provider_protocol", { detail: `${peer} answered with a web page.` });
    }
    const { foreign } = request;
    const reader = isRelay(request)
      ? createRelayReader({ peer, showsUsage: foreign !== undefined && asksForUsage(foreign.body) })
      : createTypedReader(peer);
    return { parts: streamParts(answer.body, reader) };
  }

  return {
    name,
    hasSchemaMode,
    generate: (request, context) => (request.stream ? answerStreamed(request, context) : answerWhole(request, context)),
    close: () => Promise.resolve(),
  };
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
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "user-agent": "headgate",
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}

function isRelay({ foreign }: ModelRequest): boolean {
  return foreign?.dialect === "openai-chat";
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

function hasType({ headers }: StreamedAnswer, type: string): boolean {
  return headers["content-type"]?.toLowerCase().startsWith(type) === true;
}
