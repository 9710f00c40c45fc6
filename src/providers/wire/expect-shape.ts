import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";

/**
 * What an event has to be where it is there at all: absent and null are undefined, anything of another kind is garbled.
 * @param what names the field in the error
 * @throws HeadgateError `provider_protocol`
 */
export function expectRecord(value: unknown, peer: string, what: string): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  return isRecord(value) ? value : refuse(peer, what, "an object");
}

/** As `expectRecord`, for a list of objects. */
export function expectRecords(value: unknown, peer: string, what: string): Record<string, unknown>[] | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) && value.every(isRecord) ? value : refuse(peer, what, "a list of objects");
}

/** As `expectRecord`, for a text. */
export function expectText(value: unknown, peer: string, what: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value : refuse(peer, what, "a text");
}

function refuse(peer: string, what: string, kind: string): never {
  throw new HeadgateError("provider_protocol", { detail: `${peer} streamed an event whose ${what} is not ${kind}.` });
}
