import { sha256 } from "../../ids.ts";
import type { ReasoningBlock, ToolCall } from "../../message.ts";
import { isSealed, seal, unseal } from "../seal.ts";

const vendors = ["anthropic", "openai", "google", "other"] as const satisfies readonly ReasoningBlock["vendor"][];

/** Undefined for reasoning that nothing but its text is known of. */
export function sealReasoning({ vendor, signature, encrypted, id }: ReasoningBlock): string | undefined {
  if (signature === undefined && encrypted === undefined && id === undefined) return undefined;
  return seal({ vendor, signature, encrypted, id });
}

/** Reads what `sealReasoning` wrote. A client may have made it up: what cannot be read is left out. */
export function unsealReasoning(text: string): Omit<ReasoningBlock, "text"> {
  const { vendor: written, ...sealed } = unseal(text, ["vendor", "signature", "encrypted", "id"]);
  return { vendor: vendors.find((vendor) => vendor === written) ?? "other", ...sealed };
}

/** The `call_id` of a call. Only one with a signature is not the vendor's own. */
export function sealCallId(id: string, signature: string | undefined): string {
  return signature === undefined ? id : seal({ id, signature });
}

/** What cannot be read is an id like any other. */
export function unsealCallId(text: string): Pick<ToolCall, "id" | "signature"> {
  if (!isSealed(text)) return { id: text };
  return { id: text, ...unseal(text, ["id", "signature"]) };
}

// OpenAI takes no longer ones.
const longestCallId = 64;

/** A call id for a vendor that would not take a sealed one. */
export function toPlainCallId(text: string): string {
  if (!isSealed(text)) return text;
  const { id } = unsealCallId(text);
  return id === text || id.length > longestCallId ? `call_${sha256(text).slice(0, 32)}` : id;
}
