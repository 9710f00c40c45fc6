import type { Completion, FinishReason, Source, TokenLogprob } from "../../reply.ts";
import type { ReasoningBlock, ToolCall } from "../../message.ts";
import type { ItemIds } from "./item-ids.ts";
import { sealCallId, sealReasoning } from "./seal.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** An item of an answer's `output`. */
export type OutputItem = Readonly<Record<string, unknown>> & { readonly type: string; readonly id: string };

export function toReasoningItem(id: string, block: ReasoningBlock): OutputItem {
  const sealed = sealReasoning(block);
  return {
    id,
    type: "reasoning",
    summary: block.text === "" ? [] : [{ type: "summary_text", text: block.text }],
    ...(sealed === undefined ? {} : { encrypted_content: sealed }),
  };
}

/** `incomplete` for an answer that was cut; why clients stop otherwise shows in the items. */
export function toStatus(reason: FinishReason, isRefusal = false): "completed" | "incomplete" {
  return reason === "length" || (reason === "content_filter" && !isRefusal) ? "incomplete" : "completed";
}

export interface MessageContent {
  readonly isRefusal?: boolean;
  readonly text: string;
  readonly annotations: readonly unknown[];
  readonly logprobs: readonly unknown[];
}

export function toContentPart({ isRefusal, text, annotations, logprobs }: MessageContent): Record<string, unknown> {
  if (isRefusal === true) return { type: "refusal", refusal: text };
  return { type: "output_text", text, annotations, logprobs };
}

export function toMessageItem(id: string, status: ItemStatus, content: readonly MessageContent[]): OutputItem {
  return { id, type: "message", status, role: "assistant", content: content.map(toContentPart) };
}

export function toCallItem(id: string, status: ItemStatus, call: ToolCall): OutputItem {
  const callId = sealCallId(call.id, call.signature);
  return { id, type: "function_call", status, call_id: callId, name: call.name, arguments: call.arguments };
}

/** @param textOffset UTF-16 units of the answer's text that stand in messages before this one */
export function toAnnotation({ url, title, startIndex, endIndex }: Source, textOffset = 0): Record<string, unknown> {
  return {
    type: "url_citation",
    url,
    title: title ?? url,
    start_index: Math.max((startIndex ?? 0) - textOffset, 0),
    end_index: Math.max((endIndex ?? 0) - textOffset, 0),
  };
}

export function toLogprobs(logprobs: readonly TokenLogprob[]): readonly Record<string, unknown>[] {
  return logprobs.map(({ top = [], ...logprob }) => ({
    ...toTokenLogprob(logprob),
    top_logprobs: top.map(toTokenLogprob),
  }));
}

function toTokenLogprob({ token, logprob }: Pick<TokenLogprob, "token" | "logprob">): Record<string, unknown> {
  return { token, bytes: [...Buffer.from(token)], logprob };
}

/** All items of a whole answer: reasoning, then the message, then the calls. */
export function toOutputItems(completion: Completion, ids: ItemIds): readonly OutputItem[] {
  const { text, isRefusal, sources = [], logprobs = [], toolCalls } = completion;
  const status = toStatus(completion.finishReason, isRefusal);
  const items = listBlocks(completion).map((block, index) => toReasoningItem(ids.output("rs", index), block));
  const hasMessage = text !== "" || sources.length > 0;
  // Only the last item can be the one that was cut.
  const isLast = toolCalls.length === 0;
  if (hasMessage) {
    const annotations = sources.map((source) => toAnnotation(source));
    const content = { isRefusal, text, annotations, logprobs: toLogprobs(logprobs) };
    items.push(toMessageItem(ids.output("msg", items.length), isLast ? status : "completed", [content]));
  }
  for (const [index, call] of toolCalls.entries()) {
    const ownStatus = index === toolCalls.length - 1 ? status : "completed";
    items.push(toCallItem(ids.output("fc", items.length), ownStatus, { ...call, id: call.id || ids.call(index) }));
  }
  return items;
}

// Some vendors show reasoning that they do not hand over in blocks.
function listBlocks({ reasoning = "", reasoningBlocks = [] }: Completion): readonly ReasoningBlock[] {
  const isInBlocks = reasoning === "" || reasoningBlocks.map(({ text }) => text).join("") === reasoning;
  return isInBlocks ? reasoningBlocks : [{ vendor: "other", text: reasoning }, ...reasoningBlocks];
}
