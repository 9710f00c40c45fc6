import type { ToolCall } from "../../message.ts";
import type { Completion, FinishReason, Source, TokenLogprob } from "../../reply.ts";
import type { DialectHead } from "../dialect.ts";
import { toForeignTier } from "../openai-tier.ts";
import { toReasoningDetails } from "./reasoning-details.ts";
import { toForeignUsage } from "./to-usage.ts";

/** OpenAI's `chat.completion` object. */
export function toChatCompletion(completion: Completion, head: DialectHead): Record<string, unknown> {
  const { finishReason, isRefusal = false, usage, logprobs } = completion;
  const tier = toForeignTier(usage?.serviceTier);
  return {
    id: toAnswerId(head),
    object: "chat.completion",
    created: toSeconds(head.createdAtMs),
    model: head.model,
    choices: [
      {
        index: 0,
        message: toForeignMessage(completion, head),
        logprobs: logprobs ? toForeignLogprobs(logprobs) : null,
        finish_reason: toForeignReason(finishReason, isRefusal),
      },
    ],
    ...(usage ? { usage: toForeignUsage(usage) } : {}),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
}

function toForeignMessage(completion: Completion, head: DialectHead): Record<string, unknown> {
  const { text, isRefusal = false, reasoning, reasoningBlocks = [], sources = [], toolCalls } = completion;
  const calls = toolCalls.map((call, index) => toForeignCall(call, index, head));
  const details = reasoningBlocks.flatMap(toReasoningDetails);
  return {
    role: "assistant",
    content: isRefusal || (text === "" && calls.length > 0) ? null : text,
    refusal: isRefusal ? text : null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(sources.length === 0 ? {} : { annotations: sources.map(toAnnotation) }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function toForeignCall(call: ToolCall, index: number, head: DialectHead): Record<string, unknown> {
  return {
    id: call.id || toCallId(head, index),
    type: "function",
    function: { name: call.name, arguments: call.arguments },
    ...toSignature(call.signature),
  };
}

/** Google's own form behind its OpenAI address, which clients hand back with the call. */
export function toSignature(signature: string | undefined): Record<string, unknown> {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

/** OpenAI's form of a source; positions that are not known are 0. */
export function toAnnotation({ url, title = "", startIndex = 0, endIndex = 0 }: Source): Record<string, unknown> {
  return { type: "url_citation", url_citation: { url, title, start_index: startIndex, end_index: endIndex } };
}

export function toForeignLogprobs(logprobs: readonly TokenLogprob[]): Record<string, unknown> {
  const content = logprobs.map(({ token, logprob, top = [] }) => ({
    token,
    logprob,
    bytes: toBytes(token),
    top_logprobs: top.map((other) => ({ ...other, bytes: toBytes(other.token) })),
  }));
  return { content, refusal: null };
}

// Half of a character has no text that its bytes could be told from.
function toBytes(token: string): readonly number[] | null {
  return token.includes("\uFFFD") ? null : [...Buffer.from(token)];
}

/** @param isRefusal its words are told apart, so that the answer is whole: OpenAI's official helpers fail on filtered ones */
export function toForeignReason(reason: FinishReason, isRefusal: boolean): string {
  if (isRefusal && reason === "content_filter") return "stop";
  // Clients know OpenAI's reasons only.
  return reason === "other" ? "stop" : reason;
}

export function toAnswerId({ requestId }: DialectHead): string {
  return `chatcmpl-${requestId}`;
}

export function toCallId({ requestId }: DialectHead, index: number): string {
  return `call_${requestId}_${index}`;
}

export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
