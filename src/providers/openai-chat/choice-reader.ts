import { isRecord } from "../../json.ts";
import type { FinishReason, Part } from "../../reply.ts";
import { readLogprobs } from "./read-logprobs.ts";
import { readMessage, toFinishReason } from "./read-message.ts";
import type { SourceReader } from "./read-sources.ts";
import { createReasoningBlocks } from "./reasoning-blocks.ts";
import { createToolCallIndex } from "./tool-call-index.ts";

/** Reads the choice that the chunks of a stream build up. */
export interface ChoiceReader {
  readonly hasBegun: boolean;
  /** The vendor's word for why the model stopped; undefined until it says so. */
  readonly rawReason: string | undefined;
  /** The same in Headgate's words; meant for the end. */
  readonly reason: FinishReason;
  /** Adds what the chunk says to `parts`. */
  read(choice: Record<string, unknown>, parts: Part[]): void;
  /** Adds the reasoning that is still open. */
  close(parts: Part[]): void;
}

export function createChoiceReader(sources: SourceReader): ChoiceReader {
  const toolCalls = createToolCallIndex();
  const blocks = createReasoningBlocks();
  let rawReason: string | undefined;
  let hasBegun = false;
  let isRefusal = false;

  function readDelta(delta: Record<string, unknown>, logprobs: unknown, parts: Part[]): void {
    const { text, reasoning, refusal } = readMessage(delta);
    if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning });
    blocks.add(delta, reasoning);
    const calls: unknown = delta["tool_calls"];
    const hasCalls = Array.isArray(calls) && calls.length > 0;
    if (text !== "" || hasCalls) close(parts);
    if (text !== "") {
      const tokens = readLogprobs(logprobs);
      parts.push(tokens ? { type: "text", text, logprobs: tokens } : { type: "text", text });
    }
    if (refusal !== "") {
      isRefusal = true;
      parts.push({ type: "text", text: refusal, isRefusal });
    }
    if (hasCalls) for (const call of calls) if (isRecord(call)) parts.push(toolCalls.read(call));
    for (const source of sources.readMessage(delta)) parts.push({ type: "source", source });
  }

  function close(parts: Part[]): void {
    for (const block of blocks.take()) parts.push({ type: "reasoning-block", block });
  }

  return {
    get hasBegun() {
      return hasBegun;
    },
    get rawReason() {
      return rawReason;
    },
    get reason() {
      return isRefusal ? "content_filter" : toFinishReason(rawReason, toolCalls.count > 0);
    },
    read: (choice, parts) => {
      hasBegun = true;
      const { delta, finish_reason: said } = choice;
      if (typeof said === "string") rawReason = said;
      if (isRecord(delta)) readDelta(delta, choice["logprobs"], parts);
    },
    close,
  };
}
