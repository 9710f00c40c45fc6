import type { ContentPart, Message, ReasoningBlock, ToolCall } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { isSealed } from "../wire/is-sealed.ts";
import { toContentBlock, type Block } from "./to-content-block.ts";

export interface Turn {
  readonly role: "user" | "assistant";
  readonly content: readonly Block[];
}

export interface Conversation {
  readonly system: readonly Block[];
  /** Alternating. */
  readonly turns: readonly Turn[];
}

type Warn = (warning: string) => void;

/** Sorts messages into the system prompt and turns. @throws HeadgateError `not_translatable` */
export function toConversation(messages: readonly Message[], warn: Warn): Conversation {
  const system: Block[] = [];
  const turns: { role: Turn["role"]; content: Block[] }[] = [];
  for (const message of messages) {
    if (message.role === "system") {
      if (turns.length > 0) warn("A system message amid the conversation was moved to its beginning.");
      system.push(...toSystem(message, warn));
      continue;
    }
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = toTurnContent(message, warn);
    if (content.length === 0) continue;
    const last = turns.at(-1);
    // One by one: a body has room for more parts than a function takes arguments.
    if (last?.role === role) for (const block of content) last.content.push(block);
    else turns.push({ role, content });
  }
  return {
    system,
    turns: turns.map(({ role, content }, index) => ({
      role,
      content: arrange(role, content, index === turns.length - 1),
    })),
  };
}

function toSystem({ content }: Message, warn: Warn): Block[] {
  if (typeof content !== "string" && content.some(({ type }) => type !== "text")) {
    throw new HeadgateError("not_translatable", { detail: "Anthropic takes text only in system messages." });
  }
  return toBlocks(content, warn);
}

function toTurnContent(message: Message, warn: Warn): Block[] {
  if (message.role === "tool") return [toToolResult(message, warn)];
  const content = toBlocks(message.content, warn);
  if (message.role !== "assistant") return content;
  const { reasoning = [], toolCalls = [] } = message;
  return [...reasoning.flatMap((block) => toThinkingBlock(block, warn)), ...content, ...toolCalls.map(toToolUse)];
}

function toBlocks(content: string | readonly ContentPart[], warn: Warn): Block[] {
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  return parts.map((part) => toContentBlock(part, warn)).filter((block) => block !== undefined);
}

function toThinkingBlock(block: ReasoningBlock, warn: Warn): Block[] {
  const { vendor, text, signature, encrypted } = block;
  if (vendor === "anthropic" && encrypted !== undefined) return [{ type: "redacted_thinking", data: encrypted }];
  if (vendor === "anthropic" && signature !== undefined) return [{ type: "thinking", thinking: text, signature }];
  if (isSealed(block)) warn("Earlier reasoning without Anthropic's signature was dropped.");
  return [];
}

function toToolUse({ id, name, arguments: text }: ToolCall): Block {
  return { type: "tool_use", id: toToolUseId(id), name, input: toInput(text) };
}

/** Arguments that are no JSON object still reach the model as it wrote them. */
function toInput(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    const value = parseJson(text);
    if (isRecord(value)) return value;
  } catch {
    // The model's own mistake, and nothing new to it.
  }
  return { arguments: text };
}

function toToolResult({ content, toolCallId = "", isError }: Message, warn: Warn): Block {
  const blocks = toBlocks(content, warn);
  const [first] = blocks;
  const isPlain = typeof content === "string" && first !== undefined;
  return {
    type: "tool_result",
    tool_use_id: toToolUseId(toolCallId),
    ...(blocks.length === 0 ? {} : { content: isPlain ? content : blocks }),
    ...(isError === true ? { is_error: true } : {}),
  };
}

/** Other vendors' ids have signs that Anthropic refuses. */
function toToolUseId(id: string): string {
  return id.replaceAll(/[^\w-]/g, "_");
}

/** Results of tools come first in a turn, and the last words of an answer to be continued end without blanks. */
function arrange(role: Turn["role"], content: readonly Block[], isLast: boolean): readonly Block[] {
  if (role === "user") {
    const isResult = ({ type }: Block): boolean => type === "tool_result";
    return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
  }
  const last = content.at(-1);
  if (!isLast || last === undefined || typeof last["text"] !== "string") return content;
  return [...content.slice(0, -1), { ...last, text: last["text"].trimEnd() }];
}
