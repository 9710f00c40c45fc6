import { isRecord, parseJson } from "../json.ts";

/**
 * Clients hand back reasoning and ids as they got them. What a vendor has to get back with them is sealed into the one
 * string of each that clients never look into.
 */
const prefix = "headgate_";

/** True for what only Headgate can read. */
export function isSealed(text: string): boolean {
  return text.startsWith(prefix);
}

export function seal(value: Readonly<Record<string, string | undefined>>): string {
  return prefix + Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Reads what `seal` wrote: the texts under these keys. A client may have made it up; what cannot be read is left out. */
export function unseal(text: string, keys: readonly string[]): Readonly<Record<string, string>> {
  const value = readSealed(text);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const sealed = value[key];
      return typeof sealed === "string" && sealed !== "" ? [[key, sealed]] : [];
    }),
  );
}

function readSealed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(Buffer.from(text.slice(prefix.length), "base64url").toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
