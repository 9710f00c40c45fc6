import { createParser } from "eventsource-parser";
import { HeadgateError } from "./errors.ts";

/** One server-sent event. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: string;
  readonly id?: string;
}

export interface EventDecoder {
  /** Calls back for each event that the bytes complete. @throws HeadgateError `provider_protocol` once an event outgrows the bound, and for bytes that are no UTF-8 */
  feed(bytes: Uint8Array): void;
  /**
   * The stream has ended. By the standard an event without its closing blank line is dropped, but a provider that
   * forgets the line after its last event has still sent it, so it is delivered.
   */
  end(): void;
}

/** Characters that one event may have; images in answers are the largest that providers send. */
const maxEventChars = 16 * 1024 * 1024;

/** Decodes server-sent events (WHATWG HTML, section 9.2) from bytes that are cut anywhere, even inside a character. */
export function createEventDecoder(onEvent: (event: StreamEvent) => void, maxChars = maxEventChars): EventDecoder {
  const text = new TextDecoder("utf-8", { fatal: true });
  const parser = createParser({
    onEvent,
    maxBufferSize: maxChars,
    onError: (error) => {
      if (error.type !== "max-buffer-size-exceeded") return;
      throw new HeadgateError("provider_protocol", { detail: `An event has more than ${maxChars} characters.` });
    },
  });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return text.decode(bytes, { stream: bytes !== undefined });
    } catch (error) {
      throw new HeadgateError("provider_protocol", { detail: "An event holds bytes that are no UTF-8.", cause: error });
    }
  };
  return {
    feed: (bytes) => parser.feed(decode(bytes)),
    end: () => parser.feed(`${decode()}\n\n`),
  };
}

/** Writes one event; data of several lines becomes several `data:` lines. */
export function encodeEvent({ event, data, id }: StreamEvent): string {
  const head = `${event === undefined ? "" : `event: ${event}\n`}${id === undefined ? "" : `id: ${id}\n`}`;
  if (!lineBreak.test(data)) return `${head}data: ${data}\n\n`;
  const lines = data.split(lineBreak).map((line) => `data: ${line}\n`);
  return `${head}${lines.join("")}\n`;
}

const lineBreak = /\r\n|\n|\r/;
