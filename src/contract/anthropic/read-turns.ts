import type { ContentPart, Message, ReasoningBlock, ToolCall } from "../../message.ts";
import type { LossList, LossPath } from "../loss-list.ts";
import type { Block, MessageEntry, ToolResultBlock, ToolUseBlock } from "./messages-request-schema.ts";
import { readCacheTtl, readContent, readPart, simplify, withCacheTtl } from "./read-content.ts";
import { readThinking, readToolUseId } from "./seal.ts";

/** One entry of `messages`: tool results become messages of their own, before what else the turn says. */
export function readTurn(entry: MessageEntry, path: LossPath, losses: LossList): readonly Message[] {
  losses.dropOthers(path, entry, entryFields);
  const { content } = entry;
  const role = entry.role === "developer" ? "system" : entry.role;
  if (typeof content === "string") return [{ role, content }];
  const turn: Turn = { role, results: [], parts: [], calls: [], reasoning: [] };
  for (const [index, block] of content.entries()) readBlock(block, turn, [...path, "content", index], losses);
  const { results, parts, calls, reasoning } = turn;
  const saysNothing = parts.length === 0 && calls.length === 0 && reasoning.length === 0;
  if (saysNothing && results.length > 0) return results;
  const message: Message = {
    role,
    content: simplify(parts),
    ...(reasoning.length === 0 ? {} : { reasoning }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
  };
  return [...results, message];
}

interface Turn {
  readonly role: Message["role"];
  readonly results: Message[];
  readonly parts: ContentPart[];
  readonly calls: ToolCall[];
  readonly reasoning: ReasoningBlock[];
}

const entryFields = new Set(["role", "content"]);
const thinkingFields = new Set(["type", "thinking", "signature"]);
const redactedFields = new Set(["type", "data"]);
const toolUseFields = new Set(["type", "id", "name", "input", "caller"]);
const toolResultFields = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]);

/** Blocks that only one of the roles may have. */
const rolesByBlock: Readonly<Partial<Record<Block["type"], Message["role"]>>> = {
  tool_result: "user",
  tool_use: "assistant",
  thinking: "assistant",
  redacted_thinking: "assistant",
};

function readBlock(block: Block, turn: Turn, path: LossPath, losses: LossList): void {
  const role = rolesByBlock[block.type];
  if (role !== undefined && role !== turn.role) {
    losses.refuse(path, `a block of type ${block.type} belongs to the ${role}`);
    return;
  }
  switch (block.type) {
    case "tool_result":
      turn.results.push(readToolResult(block, path, losses));
      return;
    case "tool_use":
      turn.calls.push(readToolUse(block, path, losses));
      return;
    case "thinking":
      losses.dropOthers(path, block, thinkingFields);
      turn.reasoning.push(readThinking(block.thinking, block.signature ?? ""));
      return;
    case "redacted_thinking":
      losses.dropOthers(path, block, redactedFields);
      turn.reasoning.push({ vendor: "anthropic", text: "", encrypted: block.data });
      return;
    default:
      turn.parts.push(...readPart(block, path, losses));
  }
}

function readToolUse(block: ToolUseBlock, path: LossPath, losses: LossList): ToolCall {
  losses.dropOthers(path, block, toolUseFields);
  if (block.caller && block.caller.type !== "direct") {
    losses.drop([...path, "caller"], "what called the tool is told to Anthropic's models only");
  }
  return { ...readToolUseId(block.id), name: block.name, arguments: JSON.stringify(block.input ?? {}) };
}

function readToolResult(block: ToolResultBlock, path: LossPath, losses: LossList): Message {
  losses.dropOthers(path, block, toolResultFields);
  const parts = readContent(block.content ?? "", [...path, "content"], losses);
  return {
    role: "tool",
    toolCallId: readToolUseId(block.tool_use_id).id,
    content: simplify(withCacheTtl(parts, readCacheTtl(block.cache_control))),
    ...(block.is_error === true ? { isError: true } : {}),
  };
}
