import { isRecord, parseJson } from "../../json.ts";
import type { ReasoningBlock, ToolCall } from "../../message.ts";

/**
 * Clients hand back thinking blocks and tool ids as they got them. What another vendor has to get back is sealed into
 * the one string of each that clients never look into.
 */
const prefix = "headgate_";

/** What makes a thinking block the model's own: Anthropic's signature, or what another vendor wants back. */
export function toThinkingSignature({ vendor, signature, encrypted, id }: Omit<ReasoningBlock, "text">): string {
  if (vendor === "anthropic" && signature !== undefined) return signature;
  return seal({ vendor, signature, encrypted, id });
}

/** True for a signature that only Headgate can read. */
export function isSealed(signature: string): boolean {
  return signature.startsWith(prefix);
}

/** False for a signature of Headgate's that has nothing but the vendor's name: mere text, which nobody wants back. */
export function sealsSomething(signature: string): boolean {
  const { vendor: _, text: __, ...sealed } = readThinking("", signature);
  return Object.keys(sealed).length > 0;
}

export function readThinking(text: string, signature: string): ReasoningBlock {
  if (!isSealed(signature)) return { vendor: "anthropic", text, ...(signature === "" ? {} : { signature }) };
  const sealed = unseal(signature);
  return {
    vendor: vendors.find((vendor) => vendor === sealed["vendor"]) ?? "other",
    text,
    ...pickTexts(sealed, ["signature", "encrypted", "id"]),
  };
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
  return { id: text, ...pickTexts(unseal(text), ["id", "signature"]) };
}

function seal(value: Readonly<Record<string, string | undefined>>): string {
  return prefix + Buffer.from(JSON.stringify(value)).toString("base64url");
}

// A client may have made it up; what cannot be read is empty.
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
      return typeof text === "string" ? [[key, text]] : [];
    }),
  );
}
