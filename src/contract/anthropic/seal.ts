import type { ReasoningBlock, ToolCall } from "../../message.ts";
import { isSealed, seal, unseal } from "../seal.ts";

/** What makes a thinking block the model's own: Anthropic's signature, or what another vendor wants back. */
export function toThinkingSignature({ vendor, signature, encrypted, id }: Omit<ReasoningBlock, "text">): string {
  if (vendor === "anthropic" && signature !== undefined) return signature;
  return seal({ vendor, signature, encrypted, id });
}

/** False for a signature of Headgate's that has nothing but the vendor's name: mere text, which nobody wants back. */
export function sealsSomething(signature: string): boolean {
  const { vendor: _, text: __, ...sealed } = readThinking("", signature);
  return Object.keys(sealed).length > 0;
}

export function readThinking(text: string, signature: string): ReasoningBlock {
  if (!isSealed(signature)) return { vendor: "anthropic", text, ...(signature === "" ? {} : { signature }) };
  const { vendor: written, ...sealed } = unseal(signature, ["vendor", "signature", "encrypted", "id"]);
  return { vendor: vendors.find((vendor) => vendor === written) ?? "other", text, ...sealed };
}

const vendors = ["anthropic", "openai", "google", "other"] as const satisfies readonly ReasoningBlock["vendor"][];

const plainId = /^[\w-]+$/;

/** The id of a `tool_use` block; Anthropic's have letters, digits, `_` and `-` only. */
export function toToolUseId({ id, signature }: Pick<ToolCall, "id" | "signature">): string {
  if (signature === undefined && plainId.test(id) && !isSealed(id)) return id;
  return seal({ id, signature });
}

export function readToolUseId(text: string): Pick<ToolCall, "id" | "signature"> {
  if (!isSealed(text)) return { id: text };
  return { id: text, ...unseal(text, ["id", "signature"]) };
}
