import type { Dialect } from "../../call.ts";
import type { EventDecoder, StreamEvent } from "../../event-stream.ts";
import { HeadgateError } from "../../errors.ts";
import type { StreamedAnswer } from "../../outbound.ts";
import { wholeReply, type Completion, type Reply } from "../../reply.ts";
import type { ModelRequest, Provider, ProviderContext } from "../provider.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { createRelayReader } from "./relay-reader.ts";
import { streamParts } from "./stream-parts.ts";
import { createTypedReader } from "./typed-reader.ts";
import type { WireClient, WireRequest } from "./wire-client.ts";

/** How one dialect is written and read. */
export interface WireFormat {
  /** Absent: nobody speaks it to Headgate, and nothing is relayed. */
  readonly dialect?: Extract<Dialect, "openai-chat" | "openai-responses" | "anthropic-messages">;
  toRequest(request: ModelRequest, context: ProviderContext): WireRequest | Promise<WireRequest>;
  /** Reads a whole answer of status 2xx. @throws HeadgateError `provider_protocol`; what the body reports if it is an error */
  parseWhole(body: Buffer, request: ModelRequest): Completion;
  createReader(request: ModelRequest): AnswerReader;
  /** @default server-sent events */
  readonly createDecoder?: (onEvent: (event: StreamEvent) => void) => EventDecoder;
}

/** Writes answers over HTTP, whole and streamed, typed and relayed: what all dialects share. */
export function createGenerate(client: WireClient, format: WireFormat): Provider["generate"] {
  const { peer, clock } = client;
  const isRelay = ({ foreign, wantsParts }: ModelRequest): boolean =>
    wantsParts !== true && foreign !== undefined && foreign.dialect === format.dialect;

  async function answerWhole(request: ModelRequest, context: ProviderContext): Promise<Reply> {
    const body = await client.post(await format.toRequest(request, context), context);
    const completion = format.parseWhole(body, request);
    return wholeReply(isRelay(request) ? { ...completion, raw: body } : completion);
  }

  async function answerStreamed(request: ModelRequest, context: ProviderContext): Promise<Reply> {
    const { headers, body } = await client.stream(await format.toRequest(request, context), context);
    // A server that cannot stream answers whole.
    if (hasType(headers, "application/json")) return wholeReply(format.parseWhole(await body.collect(), request));
    if (hasType(headers, "text/html")) {
      body.cancel();
      throw new HeadgateError("provider_protocol", { detail: `${peer} answered with a web page.` });
    }
    const answer = format.createReader(request);
    const reader = isRelay(request) ? createRelayReader(answer) : createTypedReader(answer, format.createDecoder);
    return { parts: streamParts(body, reader, clock), usageSoFar: () => answer.usageSoFar };
  }

  return (request, context) => (request.stream ? answerStreamed(request, context) : answerWhole(request, context));
}

function hasType(headers: StreamedAnswer["headers"], type: string): boolean {
  return headers["content-type"]?.toLowerCase().startsWith(type) === true;
}
