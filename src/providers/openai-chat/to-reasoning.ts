import type { ReasoningBlock } from "../../message.ts";
import { isSealed } from "../wire/is-sealed.ts";
import type { Quirks } from "./quirks.ts";

export interface ReasoningFields {
  /** Mistral's: parts of the content. */
  readonly thinking?: readonly Record<string, unknown>[];
  readonly reasoning?: string;
  readonly reasoning_content?: string;
  readonly reasoning_details?: readonly Record<string, unknown>[];
}

export interface ReasoningTurn {
  readonly quirks: Quirks;
  readonly warn: (warning: string) => void;
  /** Since the last message of the user. */
  readonly isLatest: boolean;
}

/** Reasoning of an earlier turn, as the vendor wants it back. What another vendor sealed is dropped with a warning. */
export function toReasoningFields(blocks: readonly ReasoningBlock[], turn: ReasoningTurn): ReasoningFields {
  const { quirks, warn, isLatest } = turn;
  const { reasoningBack, label } = quirks;
  if (reasoningBack === "reasoning_details") {
    return blocks.length === 0 ? {} : { reasoning_details: blocks.flatMap(toDetails) };
  }
  const own = blocks.filter(({ vendor }) => vendor === "other");
  if (blocks.some((block) => block.vendor !== "other" && isSealed(block)))
    warn(`The reasoning of earlier turns is of another vendor than ${label} and was dropped.`);
  const text = own.map((block) => block.text).join("");
  if (text === "") return quirks.needsReasoningBack ? { reasoning_content: "" } : {};
  switch (reasoningBack) {
    case "none":
      if (own.some(isSealed)) warn(`The reasoning of earlier turns is not taken back by ${label} and was dropped.`);
      return {};
    case "latest":
      // What led to earlier answers is an error here, and of no use.
      return isLatest ? { reasoning_content: text } : {};
    case "thinking":
      return { thinking: [{ type: "thinking", thinking: [{ type: "text", text }] }] };
    case "reasoning":
      return { reasoning: text };
    default:
      return { reasoning_content: text };
  }
}

/** OpenRouter's names of the ways in which vendors seal reasoning. */
const formats = {
  anthropic: "anthropic-claude-v1",
  openai: "openai-responses-v1",
  google: "google-gemini-v1",
  other: "unknown",
} as const;

function toDetails(block: ReasoningBlock, index: number): Record<string, unknown>[] {
  const { vendor, text, signature, encrypted, id } = block;
  const shared = { ...(id === undefined ? {} : { id }), format: formats[vendor], index };
  const sealed = encrypted === undefined ? [] : [{ type: "reasoning.encrypted", data: encrypted, ...shared }];
  if (text === "" && signature === undefined) return sealed;
  if (encrypted !== undefined) return [{ type: "reasoning.summary", summary: text, ...shared }, ...sealed];
  return [{ type: "reasoning.text", text, ...(signature === undefined ? {} : { signature }), ...shared }];
}
