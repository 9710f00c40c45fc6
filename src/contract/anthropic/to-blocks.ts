import { isRecord, parseJson } from "../../json.ts";
import type { ReasoningBlock, ToolCall } from "../../message.ts";
import type { Completion, Source } from "../../reply.ts";
import { toThinkingSignature, toToolUseId } from "./seal.ts";

/** The blocks of a whole answer: reasoning, text, tool calls. */
export function toContentBlocks(completion: Completion, requestId: string): Record<string, unknown>[] {
  const { text, sources = [], toolCalls } = completion;
  return [
    ...listReasoning(completion).map(toReasoningBlock),
    ...(text === "" && sources.length === 0 ? [] : [toTextBlock(text, sources)]),
    ...toolCalls.map((call, index) => toToolUse(call, toCallId(requestId, index))),
  ];
}

/** Where there are blocks they hold all of the text. */
function listReasoning({ reasoning = "", reasoningBlocks = [] }: Completion): readonly ReasoningBlock[] {
  if (reasoningBlocks.length > 0 || reasoning === "") return reasoningBlocks;
  return [{ vendor: "other", text: reasoning }];
}

/** Reasoning without a word that may be shown, and that only Anthropic can read. */
export function isRedacted({ vendor, text, encrypted }: ReasoningBlock): boolean {
  return vendor === "anthropic" && text === "" && encrypted !== undefined;
}

export function toReasoningBlock(block: ReasoningBlock): Record<string, unknown> {
  if (isRedacted(block)) return { type: "redacted_thinking", data: block.encrypted };
  return { type: "thinking", thinking: block.text, signature: toThinkingSignature(block) };
}

function toTextBlock(text: string, sources: readonly Source[]): Record<string, unknown> {
  return { type: "text", text, citations: sources.length === 0 ? null : sources.map(toCitation) };
}

/** Nearest to what other vendors tell; without an index, which only Anthropic's own search has. */
export function toCitation({ url, title }: Source): Record<string, unknown> {
  return { type: "web_search_result_location", url, title: title ?? null, cited_text: "", encrypted_index: "" };
}

function toToolUse({ id, name, signature, arguments: text }: ToolCall, fallbackId: string): Record<string, unknown> {
  return { ...toToolUseStart({ id: id || fallbackId, name, signature }), input: toInput(text) };
}

/** A `tool_use` block before its arguments. */
export function toToolUseStart({ id, name, signature }: Omit<ToolCall, "arguments">): Record<string, unknown> {
  return { type: "tool_use", id: toToolUseId({ id, signature }), name, input: {}, caller: { type: "direct" } };
}

/** For a call to which the provider gave no id. */
export function toCallId(requestId: string, index: number): string {
  return `toolu_${requestId}_${index}`;
}

/** Arguments that are no JSON object are wrapped as Anthropic's documentation asks clients to wrap them. */
function toInput(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  try {
    const value = parseJson(text);
    if (isRecord(value)) return value;
  } catch {
    // Cut off by the token limit, mostly.
  }
  return wrapInvalid(text);
}

export function wrapInvalid(text: string): Record<string, unknown> {
  return { INVALID_JSON: text };
}
