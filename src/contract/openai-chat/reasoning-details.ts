import { isRecord } from "../../json.ts";
import type { ReasoningBlock } from "../../message.ts";

/**
 * Reasoning that can be handed back, in the form that OpenRouter gave it: `reasoning_details`, with the vendor in
 * `format`. Clients pass it on as they got it.
 */
const formats = {
  anthropic: "anthropic-claude-v1",
  openai: "openai-responses-v1",
  google: "google-gemini-v1",
  other: "unknown",
} as const satisfies Record<ReasoningBlock["vendor"], string>;

/** What seals a block; none for one that is text only, since `reasoning_content` has it. */
export function toReasoningDetails(block: ReasoningBlock, index: number): Record<string, unknown>[] {
  const { vendor, text, signature, encrypted, id } = block;
  if (signature === undefined && encrypted === undefined && id === undefined) return [];
  const shared = { ...(id === undefined ? {} : { id }), format: formats[vendor], index };
  const open = { type: "reasoning.text", text, ...(signature === undefined ? {} : { signature }), ...shared };
  if (encrypted === undefined) return [open];
  const sealed = { type: "reasoning.encrypted", data: encrypted, ...shared };
  if (signature !== undefined) return [open, sealed];
  return text === "" ? [sealed] : [{ type: "reasoning.summary", summary: text, ...shared }, sealed];
}

/** Reads what `toReasoningDetails` and OpenRouter write; details of one index are one block. */
export function readReasoningDetails(details: unknown): ReasoningBlock[] {
  if (!Array.isArray(details)) return [];
  const blocks: ReasoningBlock[] = [];
  let last: unknown;
  for (const detail of details) {
    if (!isRecord(detail)) continue;
    const { index } = detail;
    const known = index !== undefined && index === last ? blocks.pop() : undefined;
    last = index;
    blocks.push(addDetail(known ?? { vendor: toVendor(detail["format"]), text: "" }, detail));
  }
  return blocks.filter(({ text, signature, encrypted }) => (signature ?? encrypted ?? text) !== "");
}

function addDetail(block: ReasoningBlock, detail: Record<string, unknown>): ReasoningBlock {
  const signature = readText(detail["signature"]) ?? block.signature;
  const encrypted = readText(detail["data"]) ?? block.encrypted;
  const id = readText(detail["id"]) ?? block.id;
  return {
    vendor: block.vendor,
    text: block.text + (readText(detail["text"]) ?? readText(detail["summary"]) ?? ""),
    ...(signature === undefined ? {} : { signature }),
    ...(encrypted === undefined ? {} : { encrypted }),
    ...(id === undefined ? {} : { id }),
  };
}

function toVendor(format: unknown): ReasoningBlock["vendor"] {
  const name = readText(format) ?? "";
  return (["anthropic", "openai", "google"] as const).find((vendor) => name.startsWith(vendor)) ?? "other";
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
