import { HeadgateError } from "../../errors.ts";

/** Where a client has read to: the number of the last event it has, of one carrying out. */
export interface EventId {
  readonly run: string;
  /** Counted from 1. */
  readonly number: number;
}

const shape = /^([0-9a-f]{12})-([1-9]\d{0,8})$/;

/** Reads a Last-Event-ID header. @throws HeadgateError `request_invalid` */
export function readLastEventId(header: string | readonly string[] | undefined): EventId | undefined {
  if (header === undefined) return undefined;
  const [, run, number] = shape.exec(typeof header === "string" ? header.trim() : "") ?? [];
  if (run !== undefined) return { run, number: Number(number) };
  throw new HeadgateError("request_invalid", {
    detail: "Last-Event-ID is the id of the last event that was read of this answer's stream.",
  });
}

/** Two line ends in a row, of any of the three kinds. */
const eventEnd = /(?:\r\n|\r(?!\n)|\n){2,}/;

/**
 * The events in a chunk of whole ones, each with its id. The id comes last, so that it holds against one that a provider
 * gave the event; comments are dropped.
 */
export function numberEvents(chunk: string | Uint8Array, { run, number }: EventId): readonly Uint8Array[] {
  const isText = typeof chunk === "string";
  // Each byte as one character: line ends are the same in UTF-8.
  const text = isText ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
  return text
    .split(eventEnd)
    .filter((event) => !isComment(event))
    .map((event, at) => Buffer.from(`${event}${toIdLine({ run, number: number + at })}`, isText ? "utf8" : "latin1"));
}

/** Where the events after one begin in what was sent; undefined: it is not there. */
export function findAfter(body: Uint8Array, id: EventId): number | undefined {
  const line = Buffer.from(toIdLine(id));
  const at = Buffer.from(body.buffer, body.byteOffset, body.byteLength).indexOf(line);
  return at === -1 ? undefined : at + line.length;
}

function toIdLine({ run, number }: EventId): string {
  return `\nid: ${run}-${number}\n\n`;
}

function isComment(event: string): boolean {
  return event.split(/[\r\n]+/).every((line) => line === "" || line.startsWith(":"));
}
