import { createEventDecoder, encodeEvent, type StreamEvent } from "../event-stream.ts";
import { isRecord, parseJson } from "../json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The answer that a provider of the same dialect has sent, read from its own bytes. */
export interface RelayedResponse {
  readonly response: Fields;
  /** The same bytes, but for an answer that says that it is not kept. */
  toUnstored(): string;
}

/** Reads a whole answer. Undefined for what is none, or is larger than `mostBytes`. */
export function readRelayedResponse(body: Uint8Array, mostBytes: number): RelayedResponse | undefined {
  if (body.length > mostBytes) return undefined;
  const response = tryParse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  if (!response || !isOver(response)) return undefined;
  return { response, toUnstored: () => JSON.stringify({ ...response, store: false }) };
}

/** Finds the last event of a stream, which repeats the answer, in a chunk of whole events. */
export function findRelayedResponse(chunk: Uint8Array, mostBytes: number): RelayedResponse | undefined {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (!endNames.some((name) => bytes.includes(name))) return undefined;
  if (bytes.length > mostBytes) return undefined;
  const events: StreamEvent[] = [];
  const decoder = createEventDecoder((event) => events.push(event), mostBytes);
  decoder.feed(bytes);
  decoder.end();
  for (const [index, { event, data }] of events.entries()) {
    const body = endNames.some((name) => data.includes(name) || event === name) ? tryParse(data) : undefined;
    const type = body?.["type"] ?? event;
    if (!body || !endNames.some((name) => name === type) || !isRecord(body["response"])) continue;
    const { response } = body;
    const unstored = JSON.stringify({ ...body, response: { ...response, store: false } });
    const toUnstored = (): string =>
      events.map((one, at) => encodeEvent(at === index ? { ...one, data: unstored } : one)).join("");
    return isOver(response) ? { response, toUnstored } : undefined;
  }
  return undefined;
}

const endNames = ["response.completed", "response.incomplete", "response.done"];

function isOver({ status, output }: Fields): boolean {
  return (status === "completed" || status === "incomplete") && Array.isArray(output);
}

function tryParse(text: string): Fields | undefined {
  try {
    const value = parseJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const sequenceNumber = /"sequence_number"\s*:\s*(\d{1,9})/g;

/** The number that the event after a chunk has. */
export function findNextSequenceNumber(chunk: Uint8Array | undefined): number {
  const text = chunk ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1") : "";
  const last = [...text.matchAll(sequenceNumber)].at(-1)?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
