import type { ContentPart, Message, ToolCall } from "../../message.ts";
import type { Quirks } from "./quirks.ts";
import { toForeignPart } from "./to-part.ts";
import { toReasoningFields } from "./to-reasoning.ts";

type Warn = (warning: string) => void;
type ForeignMessage = Record<string, unknown>;

/** The conversation in the dialect's words. @throws HeadgateError `not_translatable` for a part that the vendor does not take */
export function toForeignMessages(messages: readonly Message[], quirks: Quirks, warn: Warn): ForeignMessage[] {
  const lastUserAt = messages.findLastIndex(({ role }) => role === "user");
  const foreign: ForeignMessage[] = [];
  let waiting: ContentPart[] = [];
  const flush = (): void => {
    if (waiting.length > 0) foreign.push({ role: "user", content: waiting.map((part) => toForeignPart(part, quirks)) });
    waiting = [];
  };
  for (const [at, message] of messages.entries()) {
    if (message.role !== "tool") flush();
    if (message.role === "assistant") foreign.push(toAssistant(message, { quirks, warn, isLatest: at > lastUserAt }));
    else if (message.role === "tool") foreign.push(toToolResult(message, quirks, waiting));
    else foreign.push({ role: toRole(message, quirks), content: toContent(message.content, quirks) });
  }
  flush();
  return foreign;
}

function toRole({ role }: Message, { systemRole }: Quirks): string {
  return role === "system" ? systemRole : role;
}

interface Turn {
  readonly quirks: Quirks;
  readonly warn: Warn;
  /** Since the last message of the user. */
  readonly isLatest: boolean;
}

function toAssistant({ content, reasoning = [], toolCalls = [] }: Message, turn: Turn): ForeignMessage {
  const { quirks } = turn;
  const said = toContent(content, quirks);
  const { thinking, ...fields } = toReasoningFields(reasoning, turn);
  const text = typeof said === "string" ? (said === "" ? [] : [{ type: "text", text: said }]) : said;
  return {
    role: "assistant",
    content: thinking ? [...thinking, ...text] : said,
    ...fields,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map((call) => toForeignCall(call, quirks)) } : {}),
  };
}

function toForeignCall({ id, name, arguments: text, signature }: ToolCall, { hasSignatures }: Quirks): ForeignMessage {
  return {
    id,
    type: "function",
    function: { name, arguments: text },
    ...(hasSignatures && signature !== undefined
      ? { extra_content: { google: { thought_signature: signature } } }
      : {}),
  };
}

/** The dialect has no mark for a tool that failed, so the text says it; nor images in results, so they follow as the user's. */
function toToolResult(message: Message, quirks: Quirks, waiting: ContentPart[]): ForeignMessage {
  const { content, toolCallId, isError } = message;
  const parts: readonly ContentPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const isHeld = (part: ContentPart): boolean => part.type === "text" || quirks.hasImagesInToolResults;
  const held = parts.filter(isHeld);
  const moved = parts.filter((part) => !isHeld(part));
  waiting.push(...moved);
  const notes: ContentPart[] = [
    ...(isError === true ? [{ type: "text", text: "Error:" } as const] : []),
    ...held,
    ...(moved.length > 0 ? [{ type: "text", text: "(The attachments follow in the next message.)" } as const] : []),
  ];
  return {
    role: "tool",
    content: toContent(joinTexts(notes), quirks),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}

// Many servers take a result as one text only.
function joinTexts(parts: readonly ContentPart[]): Message["content"] {
  if (!parts.every((part) => part.type === "text")) return parts;
  return parts.map(({ text }) => text).join("\n");
}

function toContent(content: Message["content"], quirks: Quirks): string | ForeignMessage[] {
  if (typeof content === "string") return content;
  const [only, ...others] = content;
  if (only === undefined) return "";
  const isPlain = only.type === "text" && (only.cacheTtl === undefined || !quirks.hasCacheControl);
  return isPlain && others.length === 0 ? only.text : content.map((part) => toForeignPart(part, quirks));
}
