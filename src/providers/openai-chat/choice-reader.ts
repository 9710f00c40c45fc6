import type { FinishReason, Part } from "../../reply.ts";
import { expectRecord, expectRecords, expectText } from "../wire/expect-shape.ts";
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
  /**
   * Adds what the chunk says to `parts`. True: it says something else as well, or instead, which parts do not tell.
   * @throws HeadgateError `provider_protocol` if it is garbled
   */
  read(choice: Record<string, unknown>, parts: Part[]): boolean;
  /** Adds the reasoning that is still open. */
  close(parts: Part[]): void;
}

export function createChoiceReader(sources: SourceReader, peer: string): ChoiceReader {
  const toolCalls = createToolCallIndex();
  const blocks = createReasoningBlocks();
  let rawReason: string | undefined;
  let hasBegun = false;
  let isRefusal = false;

  function readDelta(delta: Record<string, unknown>, logprobs: unknown, parts: Part[]): void {
    if (!Array.isArray(delta["content"])) expectText(delta["content"], peer, "content");
    const { text, reasoning, refusal } = readMessage(delta);
    if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning });
    blocks.add(delta, reasoning);
    const calls = expectRecords(delta["tool_calls"], peer, "tool calls");
    const hasCalls = calls !== undefined && calls.length > 0;
    if (text !== "" || hasCalls) close(parts);
    if (text !== "") {
      const tokens = readLogprobs(logprobs);
      parts.push(tokens ? { type: "text", text, logprobs: tokens } : { type: "text", text });
    }
    if (refusal !== "") {
      isRefusal = true;
      parts.push({ type: "text", text: refusal, isRefusal });
    }
    if (hasCalls) for (const call of calls) parts.push(toolCalls.read(call));
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
      const delta = expectRecord(choice["delta"], peer, "delta");
      if (delta) readDelta(delta, choice["logprobs"], parts);
      const { finish_reason: said } = choice;
      if (isReason(said)) rawReason = said;
      return delta !== undefined && wordless.some((field) => isThere(delta[field]));
    },
    close,
  };
}

/** What deltas hold beside words: sound, images, and the calls of a time before tools. */
const wordless = ["audio", "images", "function_call"] as const;

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether it says why the model stopped; some servers have an empty text until then. */
export function isReason(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
