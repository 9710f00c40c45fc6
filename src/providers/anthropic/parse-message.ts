import type { ReasoningBlock, ToolCall } from "../../message.ts";
import type { Completion, Part, Source } from "../../reply.ts";
import { HeadgateError } from "../../errors.ts";
import { parseObject } from "../wire/parse-object.ts";
import { findInBandError } from "../wire/provider-failure.ts";
import { ContentReader } from "./content-reader.ts";
import { createUsageTally } from "./read-usage.ts";
import { toFinishReason } from "./to-finish-reason.ts";

/**
 * Reads a whole answer of status 2xx.
 * @throws HeadgateError `provider_protocol` if it is not a message; what the body reports if it carries an error
 */
export function parseMessage(peer: string, bytes: Buffer): Completion {
  const body = parseObject(bytes.toString(), peer, "answered with something");
  const failure = findInBandError(peer, body);
  if (failure) throw failure;
  if (!Array.isArray(body["content"])) {
    throw new HeadgateError("provider_protocol", { detail: `${peer} answered without a message.` });
  }
  const content = new ContentReader();
  const parts = content.readWhole(body["content"]);
  const tally = createUsageTally();
  tally.read(body["usage"]);
  const usage = tally.toUsage();
  const stopReason = typeof body["stop_reason"] === "string" ? body["stop_reason"] : undefined;
  return {
    ...gather(parts),
    finishReason: toFinishReason(stopReason, content.toolCallCount > 0),
    ...(stopReason === undefined ? {} : { rawFinishReason: stopReason }),
    ...(usage ? { usage } : {}),
  };
}

function gather(parts: readonly Part[]): Omit<Completion, "finishReason"> {
  const toolCalls: ToolCall[] = [];
  const reasoningBlocks: ReasoningBlock[] = [];
  const sources: Source[] = [];
  let text = "";
  let reasoning = "";
  for (const part of parts) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "reasoning-block") reasoningBlocks.push(part.block);
    else if (part.type === "source") sources.push(part.source);
    else if (part.type === "tool-call") toolCalls[part.index] = extend(toolCalls[part.index], part);
  }
  return {
    text,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(reasoningBlocks.length === 0 ? {} : { reasoningBlocks }),
    ...(sources.length === 0 ? {} : { sources }),
    toolCalls,
  };
}

function extend(known: ToolCall | undefined, part: Extract<Part, { type: "tool-call" }>): ToolCall {
  const { id = "", name = "", arguments: text } = part;
  return known ? { ...known, arguments: known.arguments + text } : { id, name, arguments: text };
}
