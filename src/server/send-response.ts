import type { FastifyRequest } from "fastify";
import type { DialectHead } from "../contract/dialect.ts";
import { createEventSequence } from "../contract/openai-responses/event-sequence.ts";
import type { ParsedResponsesRequest } from "../contract/openai-responses/parse-responses-request.ts";
import { createResponseWriter, type ResponseWriter } from "../contract/openai-responses/response-writer.ts";
import { toResponse } from "../contract/openai-responses/to-response.ts";
import { writeErrorFields } from "../contract/openai-responses/write-error.ts";
import { HeadgateError } from "../errors.ts";
import { collect, type Part, type Reply } from "../reply.ts";
import type { AnswerSink } from "./answer-sink.ts";
import { findNextSequenceNumber, findRelayedResponse, readRelayedResponse } from "./relayed-response.ts";
import type { AnswerHead } from "./send-answer.ts";
import { reportBug } from "./send-error.ts";
import type { ServerContext } from "./server-context.ts";
import type { StreamReply } from "./stream-reply.ts";

export interface ResponseExchange {
  readonly parsed: ParsedResponsesRequest;
  /** What the answer says about itself, until it is known which model gives it. Its id is of this answer alone. */
  readonly shown: DialectHead;
  readonly ask: () => Promise<Reply>;
  /** As it was when the call began. */
  readonly snapshotId: string;
  readonly request: FastifyRequest;
  readonly sink: AnswerSink;
  /** On what the server itself left out. */
  readonly warnings: readonly string[];
  /** Resolves to why the answer is not kept; undefined: it is. */
  readonly keep: (response: Readonly<Record<string, unknown>>) => Promise<string | undefined>;
}

// What the vendor sends is read only to be kept, which larger answers are not.
const mostRelayedBytes = 8 * 1024 * 1024;

/**
 * Writes the answer, whole or streamed. It is kept before the client has its end, so that the next request finds it; one
 * that cannot be kept says so.
 */
export function sendResponse(context: ServerContext, exchange: ResponseExchange): Promise<void> {
  return exchange.parsed.stream ? streamResponse(context, exchange) : sendWhole(context, exchange);
}

async function sendWhole(context: ServerContext, exchange: ResponseExchange): Promise<void> {
  const answer = await exchange.ask();
  const completion = await collect(answer);
  const shown = toShown(exchange, answer);
  const { body, warning } = completion.raw
    ? await settleRelayed(exchange, completion.raw)
    : await settleWhole(exchange, (isStored) => {
        const settlement = { completedAtMs: context.clock.now(), isStored };
        return toResponse(completion, shown, exchange.parsed, settlement);
      });
  const warnings = [...listWarnings(exchange, answer), ...(warning === undefined ? [] : [warning])];
  exchange.sink.send({ ...toHead(exchange), warnings, cache: answer.cache }, body);
}

interface Settled {
  readonly body: string | Uint8Array;
  readonly warning?: string;
}

async function settleWhole(
  { parsed, keep }: ResponseExchange,
  write: (isStored: boolean) => Readonly<Record<string, unknown>>,
): Promise<Settled> {
  const response = write(parsed.isStored);
  const why = parsed.isStored ? await keep(response) : undefined;
  if (why === undefined) return { body: JSON.stringify(response) };
  return { body: JSON.stringify(write(false)), warning: toWarning(why) };
}

async function settleRelayed({ parsed, keep }: ResponseExchange, raw: Uint8Array): Promise<Settled> {
  if (!parsed.isStored) return { body: raw };
  const relayed = readRelayedResponse(raw, mostRelayedBytes);
  if (!relayed) return { body: raw, warning: toWarning("it is too large, or cannot be read") };
  const why = await keep(relayed.response);
  return why === undefined ? { body: raw } : { body: relayed.toUnstored(), warning: toWarning(why) };
}

function toWarning(why: string): string {
  return `The answer is not kept: ${why}.`;
}

function toHead({ request, snapshotId }: ResponseExchange): AnswerHead {
  return { requestId: request.id, snapshotId };
}

function listWarnings({ warnings }: ResponseExchange, answer: Reply): readonly string[] {
  return [...(answer.warnings ?? []), ...warnings];
}

function toShown({ shown }: ResponseExchange, { target }: Reply): DialectHead {
  return target ? { ...shown, model: target.model } : shown;
}

async function streamResponse(context: ServerContext, exchange: ResponseExchange): Promise<void> {
  const { parsed, request, sink } = exchange;
  const stream = sink.openStream(toHead(exchange));
  const relay = new Relay(exchange);
  let writer: ResponseWriter | undefined;
  try {
    const answer = await exchange.ask();
    stream.warn(listWarnings(exchange, answer));
    stream.tell(answer.cache);
    writer = createResponseWriter(toShown(exchange, answer), parsed);
    if (!(await writeParts(stream, { relay, writer, parts: answer.parts }))) return;
    if (!relay.isAtWork) await stream.write(await settleStreamed(context, exchange, writer));
  } catch (error) {
    if (!stream.hasBegun) throw error;
    reportBug(context.logger, error, request.id);
    writer ??= createResponseWriter(exchange.shown, parsed);
    const failure = HeadgateError.from(error);
    await stream.fail(failure, (relay.isAtWork ? relay : writer).fail(failure));
    return;
  }
  stream.end();
}

interface StreamedParts {
  readonly relay: Relay;
  readonly writer: ResponseWriter;
  readonly parts: AsyncIterable<Part>;
}

/** Resolves to false when the client is gone. */
async function writeParts(stream: StreamReply, { relay, writer, parts }: StreamedParts): Promise<boolean> {
  for await (const part of parts) {
    if (part.type === "raw") writer.watch(part.bytes);
    const isWritten = !relay.isAtWork || part.type === "resumed";
    const chunk = part.type === "raw" ? await relay.pass(part.bytes) : isWritten ? writer.write(part) : "";
    if (part.type === "resumed") relay.end();
    if (chunk.length > 0 && !(await stream.write(chunk))) return false;
  }
  return true;
}

async function settleStreamed(
  { clock }: ServerContext,
  { parsed: { isStored }, keep }: ResponseExchange,
  writer: ResponseWriter,
): Promise<string> {
  const response = writer.settle({ completedAtMs: clock.now(), isStored });
  const why = isStored ? await keep(response) : undefined;
  if (why !== undefined) writer.settle({ completedAtMs: clock.now(), isStored: false });
  return writer.end();
}

/** Passes on the bytes of a provider that speaks the dialect, and has the answer in them kept. */
class Relay {
  readonly #exchange: ResponseExchange;
  #last: Uint8Array | undefined;
  #isKept = false;

  constructor(exchange: ResponseExchange) {
    this.#exchange = exchange;
  }

  /** From the first bytes until another model goes on, whose events the writer makes. */
  get isAtWork(): boolean {
    return this.#last !== undefined;
  }

  end(): void {
    this.#last = undefined;
  }

  async pass(bytes: Uint8Array): Promise<string | Uint8Array> {
    this.#last = bytes;
    const { parsed, keep } = this.#exchange;
    if (!parsed.isStored || this.#isKept) return bytes;
    const relayed = findRelayedResponse(bytes, mostRelayedBytes);
    if (!relayed) return bytes;
    this.#isKept = true;
    const why = await keep(relayed.response);
    return why === undefined ? bytes : relayed.toUnstored();
  }

  /** The stream's own events end with one more. */
  fail(error: HeadgateError): string {
    const events = createEventSequence(findNextSequenceNumber(this.#last));
    return events.write("error", writeErrorFields(error));
  }
}
