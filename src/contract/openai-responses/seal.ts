import { isRecord, parseJson } from "../../json.ts";
import { sha256 } from "../../ids.ts";
import type { ReasoningBlock, ToolCall } from "../../message.ts";

/**
 * Clients hand back reasoning items and call ids as they got them. What a vendor has to get back with them is sealed
 * into the one string of each that clients never look into: `encrypted_content` and `call_id`.
 */
const prefix = "headgate_";

const vendors = ["anthropic", "openai", "google", "other"] as const satisfies readonly ReasoningBlock["vendor"][];

/** Undefined for reasoning that nothing but its text is known of. */
export function sealReasoning({ vendor, signature, encrypted, id }: ReasoningBlock): string | undefined {
  if (signature === undefined && encrypted === undefined && id === undefined) return undefined;
  return seal({ vendor, signature, encrypted, id });
}

/** True for what only Headgate can read. */
export function isSealed(text: string): boolean {
  return text.startsWith(prefix);
}

/** Reads what `sealReasoning` wrote. A client may have made it up: what cannot be read is left out. */
export function unsealReasoning(text: string): Omit<ReasoningBlock, "text"> {
  const sealed = unseal(text);
  return {
    vendor: vendors.find((vendor) => vendor === sealed["vendor"]) ?? "other",
    ...pickTexts(sealed, ["signature", "encrypted", "id"]),
  };
}

/** The `call_id` of a call. Only one with a signature is not the vendor's own. */
export function sealCallId(id: string, signature: string | undefined): string {
  return signature === undefined ? id : seal({ id, signature });
}

/** What cannot be read is an id like any other. */
export function unsealCallId(text: string): Pick<ToolCall, "id" | "signature"> {
  if (!isSealed(text)) return { id: text };
  return { id: text, ...pickTexts(unseal(text), ["id", "signature"]) };
}

// OpenAI takes no longer ones.
const longestCallId = 64;

/** A call id for a vendor that would not take a sealed one. */
export function toPlainCallId(text: string): string {
  if (!isSealed(text)) return text;
  const { id } = unsealCallId(text);
  return id === text || id.length > longestCallId ? `call_${sha256(text).slice(0, 32)}` : id;
}

function seal(value: Readonly<Record<string, string | undefined>>): string {
  return prefix + Buffer.from(JSON.stringify(value)).toString("base64url");
}

function unseal(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(Buffer.from(text.slice(prefix.length), "base64url").toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function pickTexts(value: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const text = value[key];
      return typeof text === "string" && text !== "" ? [[key, text]] : [];
    }),
  );
}
