import { createEventDecoder } from "../event-stream.ts";
import { isRecord, parseJson } from "../json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The events in a provider's own bytes whose data is a JSON object; half an event at the end is none. */
export function readRelayedEvents(bytes: Uint8Array | undefined): readonly Fields[] {
  const found: Fields[] = [];
  if (!bytes) return found;
  const decoder = createEventDecoder(({ data }) => {
    const value = tryParse(data);
    if (value) found.push(value);
  });
  decoder.feed(bytes);
  return found;
}

function tryParse(text: string): Fields | undefined {
  try {
    const value = parseJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    // Such as `[DONE]`.
    return undefined;
  }
}

/** A copy, since a slice of what a socket read holds all of it. */
export function copyBytes(bytes: Uint8Array, mostBytes: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, 0, mostBytes);
}
