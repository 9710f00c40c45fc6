import type { ReasoningBlock } from "../../message.ts";
import { isRecord, parseJson } from "../../json.ts";

type Fields = Readonly<Record<string, unknown>>;

const vendors: Readonly<Record<string, Exclude<ReasoningBlock["vendor"], "other">>> = {
  anthropic: "anthropic",
  openai: "openai",
  azure: "openai",
  google: "google",
  vertex: "google",
  googleVertex: "google",
};

/**
 * A stretch of reasoning with what seals it, from a part's `providerMetadata`. What only the provider understands is
 * kept whole, as JSON, to be handed back. Undefined if there is neither text nor seal.
 */
export function readReasoning(text: string, metadata: unknown): ReasoningBlock | undefined {
  const named = Object.entries(isRecord(metadata) ? metadata : {}).filter(
    (entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]) && Object.keys(entry[1]).length > 0,
  );
  for (const [name, fields] of named) {
    const vendor = vendors[name];
    const sealed = vendor && { vendor, text, ...readSeal(fields) };
    if (sealed && Object.keys(sealed).length > 2) return sealed;
  }
  if (named.length > 0) return { vendor: "other", text, encrypted: JSON.stringify(Object.fromEntries(named)) };
  return text === "" ? undefined : { vendor: "other", text };
}

function readSeal(fields: Fields): Pick<ReasoningBlock, "signature" | "encrypted" | "id"> {
  const signature = fields["signature"] ?? fields["thoughtSignature"];
  const encrypted = fields["redactedData"] ?? fields["reasoningEncryptedContent"];
  const id = fields["itemId"];
  return {
    ...(isText(signature) ? { signature } : {}),
    ...(isText(encrypted) ? { encrypted } : {}),
    ...(isText(id) ? { id } : {}),
  };
}

/** What `readReasoning` has read, as a prompt's `providerOptions`. A provider reads its own part and passes over others. */
export function toReasoningOptions(block: ReasoningBlock): Fields | undefined {
  const { vendor, signature, encrypted, id } = block;
  switch (vendor) {
    case "anthropic":
      return encrypted === undefined ? { anthropic: { signature } } : { anthropic: { redactedData: encrypted } };
    case "openai":
      return { openai: { itemId: id, reasoningEncryptedContent: encrypted ?? null } };
    case "google":
      return toThoughtOptions(signature);
    default:
      return readKept(encrypted);
  }
}

/** Gemini's seal of a tool call or of reasoning. */
export function toThoughtOptions(thoughtSignature: string | undefined): Fields | undefined {
  if (thoughtSignature === undefined) return undefined;
  return { google: { thoughtSignature }, vertex: { thoughtSignature } };
}

export function readThoughtSignature(metadata: unknown): string | undefined {
  if (!isRecord(metadata)) return undefined;
  const found = ["google", "vertex", "googleVertex"]
    .map((name) => metadata[name])
    .filter(isRecord)
    .map((fields) => fields["thoughtSignature"]);
  return found.find(isText);
}

function readKept(json: string | undefined): Fields | undefined {
  if (json === undefined) return undefined;
  try {
    const value = parseJson(json);
    return isRecord(value) ? value : undefined;
  } catch {
    // Sealed by another provider.
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
