import type { ReasoningBlock, ToolCall } from "../../message.ts";
import type { Completion, Part, Source } from "../../reply.ts";

/** What the parts of an answer add up to, without its end: for vendors whose whole answers are read as their streams are. */
export function gatherParts(parts: Iterable<Part>): Omit<Completion, "finishReason"> {
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
    else if (part.type === "tool-call") toolCalls[part.index] = extendToolCall(toolCalls[part.index], part);
  }
  return {
    text,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(reasoningBlocks.length === 0 ? {} : { reasoningBlocks }),
    ...(sources.length === 0 ? {} : { sources }),
    toolCalls,
  };
}

function extendToolCall(known: ToolCall | undefined, part: Extract<Part, { type: "tool-call" }>): ToolCall {
  const signature = known?.signature ?? part.signature;
  return {
    id: known?.id || (part.id ?? ""),
    name: known?.name || (part.name ?? ""),
    arguments: (known?.arguments ?? "") + part.arguments,
    ...(signature === undefined ? {} : { signature }),
  };
}
