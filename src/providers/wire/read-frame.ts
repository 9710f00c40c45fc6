import { isUtf8 } from "node:buffer";
import { HeadgateError } from "../../errors.ts";
import type { StreamEvent } from "../../event-stream.ts";

/**
 * Reads the one event of a frame that `createEventFramer` has cut (WHATWG HTML, section 9.2.6). Undefined if the frame has
 * no data: comments, and fields that mean nothing without it.
 * @param isFirst a byte order mark may stand before it
 * @throws HeadgateError `provider_protocol` if it is no UTF-8
 */
export function readFrame(frame: Buffer, isFirst: boolean): StreamEvent | undefined {
  if (!isUtf8(frame)) {
    throw new HeadgateError("provider_protocol", { detail: "An event holds bytes that are no UTF-8." });
  }
  const text = frame.toString();
  let event: string | undefined;
  let data: string | undefined;
  for (const line of text.slice(isFirst && text.charCodeAt(0) === byteOrderMark ? 1 : 0).split(lineEnd)) {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    if (name !== "data" && name !== "event") continue;
    const value = colon === -1 ? "" : line.slice(line.charCodeAt(colon + 1) === space ? colon + 2 : colon + 1);
    if (name === "event") event = value === "" ? undefined : value;
    else data = data === undefined ? value : `${data}\n${value}`;
  }
  if (data === undefined) return undefined;
  return event === undefined ? { data } : { event, data };
}

const byteOrderMark = 0xfeff;
const space = 32;
const lineEnd = /\r\n|\n|\r/;
