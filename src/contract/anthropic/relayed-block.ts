import { HeadgateError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import { readRelayedEvents } from "../relayed-events.ts";
import type { Block } from "./block-queue.ts";
import { TextBlock, ThinkingBlock, WholeBlock } from "./text-blocks.ts";

/** Where a relayed message stopped. */
export interface RelayedBlocks {
  /** Blocks that have begun. */
  readonly count: number;
  /** The one that has not ended. */
  readonly open?: Block;
}

/**
 * Reads it off the last event of a block: blocks grow one after the other, so that this one tells of all before it.
 * @param bytes whole events, such an event among them
 * @throws HeadgateError `stream_cut` if another model cannot go on there, as within a tool's input
 */
export function readRelayedBlocks(bytes: Uint8Array | undefined): RelayedBlocks {
  const last = readRelayedEvents(bytes).findLast(({ type }) => String(type).startsWith("content_block_"));
  const index = last?.["index"];
  if (!last || typeof index !== "number") throw new HeadgateError("stream_cut");
  if (last["type"] === "content_block_stop") return { count: index + 1 };
  return { count: index + 1, open: toOpenBlock(index, last["content_block"] ?? last["delta"]) };
}

/** @param told what the block is, or what was last added to it */
function toOpenBlock(index: number, told: unknown): Block {
  const type = isRecord(told) ? told["type"] : undefined;
  if (type === "text" || type === "text_delta" || type === "citations_delta") return new TextBlock(index);
  if (type === "thinking" || type === "thinking_delta") return new ThinkingBlock(index);
  // Nothing is to be added to these any more.
  if (type === "signature_delta" || type === "redacted_thinking") return new WholeBlock(index, {});
  throw new HeadgateError("stream_cut");
}
