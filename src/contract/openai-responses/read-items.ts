import * as z from "zod";
import { HeadgateError } from "../../errors.ts";
import type { ContentPart, Message, ReasoningBlock, ToolCall } from "../../message.ts";
import { toRequestError } from "../request-error.ts";
import { isOwnItemId } from "./item-ids.ts";
import type { LossList, LossPath } from "../loss-list.ts";
import { readContent } from "./read-content.ts";
import { inputItems, typeOfItem, type InputItem, type InputItemType, type Item } from "./responses-request-schema.ts";
import { isSealed } from "../seal.ts";
import { unsealCallId, unsealReasoning } from "./seal.ts";

export interface ItemSource {
  readonly items: readonly Item[];
  /** Where an item stands in the client's body. */
  pathOf(index: number): LossPath;
  /** Items that the client did not send itself: what is wrong with them is no mistake of its request. */
  readonly historyLength: number;
}

/**
 * Turns items into messages. Consecutive items of the assistant are one turn.
 * @throws HeadgateError `request_invalid` for an item that lacks what its type needs, `response_not_found` for a
 * reference to an item that nobody has put in its place
 */
export function readItems(source: ItemSource, losses: LossList): readonly Message[] {
  const turns = createTurns();
  for (const [index, item] of source.items.entries()) {
    const path = source.pathOf(index);
    const read = parseItem(item, path, index < source.historyLength, losses);
    if (read) readItem(read, path, turns, losses);
  }
  return turns.toMessages();
}

type ReadItem = { [Type in InputItemType]: { readonly type: Type; readonly item: InputItem<Type> } }[InputItemType];

function parseItem(item: Item, path: LossPath, isHistory: boolean, losses: LossList): ReadItem | undefined {
  const type = typeOfItem(item);
  if (!isReadable(type)) {
    if (reports.has(type)) losses.drop(path, "says what a tool of OpenAI's did");
    else losses.refuse(path, `is an item of a type${toTypeName(type)} that only OpenAI's own API knows`);
    return undefined;
  }
  const result = inputItems[type].safeParse(item);
  if (result.success) return { type, item: result.data } as ReadItem;
  if (!isHistory) throw toRequestError(withPath(result.error, path));
  losses.refuse(path, "an item of the conversation cannot be read");
  return undefined;
}

function isReadable(type: string): type is InputItemType {
  return Object.hasOwn(inputItems, type);
}

/** Items whose outcome the text of the answer carries, so that the conversation goes on without them. */
const reports: ReadonlySet<string> = new Set(["web_search_call", "file_search_call", "mcp_list_tools"]);

function toTypeName(type: string): string {
  return /^[a-z0-9_]{1,40}$/.test(type) ? ` (${type})` : "";
}

function withPath(error: z.ZodError, path: LossPath): z.ZodError {
  return new z.ZodError(error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
}

const messageFields = new Set(["type", "id", "role", "content", "status"]);
const outputFields = new Set(["type", "id", "call_id", "output", "status", "name"]);
const callFields = new Set(["type", "id", "call_id", "name", "arguments", "status", "parsed_arguments"]);

function readItem(read: ReadItem, path: LossPath, turns: Turns, losses: LossList): void {
  switch (read.type) {
    case "message": {
      const { role, content } = read.item;
      losses.dropOthers(path, read.item, messageFields);
      const said = readContent(content, [...path, "content"], losses);
      if (role === "assistant") turns.say(said);
      else turns.add({ role: role === "developer" ? "system" : role, content: said });
      return;
    }
    case "reasoning":
      turns.think(readReasoning(read.item));
      return;
    case "function_call":
      losses.dropOthers(path, read.item, callFields);
      turns.call(readCall(read.item));
      return;
    case "function_call_output": {
      const { call_id: callId, output } = read.item;
      losses.dropOthers(path, read.item, outputFields);
      const content = readContent(output, [...path, "output"], losses);
      turns.add({ role: "tool", toolCallId: unsealCallId(callId).id, content });
      return;
    }
    default:
      throw new HeadgateError("response_not_found", {
        detail: "The request refers to an item that is not kept here.",
        issues: [{ path: `/${path.join("/")}`, message: "There is no such stored item" }],
      });
  }
}

function readCall({ call_id: callId, name, arguments: text }: InputItem<"function_call">): ToolCall {
  return { ...unsealCallId(callId), name, arguments: text };
}

function readReasoning(item: InputItem<"reasoning">): ReasoningBlock {
  const { id, encrypted_content: sealed, summary, content } = item;
  const shown = summary && summary.length > 0 ? summary : (content ?? []);
  const text = shown.map((part) => part.text).join("\n\n");
  if (typeof sealed === "string" && isSealed(sealed)) return { ...unsealReasoning(sealed), text };
  const isOwn = isOwnItemId(id);
  // Reasoning that Headgate passed on from a vendor that seals nothing.
  if (isOwn && typeof sealed !== "string") return { vendor: "other", text };
  return {
    vendor: "openai",
    text,
    ...(typeof sealed === "string" ? { encrypted: sealed } : {}),
    ...(typeof id === "string" && !isOwn ? { id } : {}),
  };
}

/** Puts items together to turns. */
interface Turns {
  add(message: Message): void;
  say(content: Message["content"]): void;
  think(block: ReasoningBlock): void;
  call(call: ToolCall): void;
  toMessages(): readonly Message[];
}

function createTurns(): Turns {
  const messages: Message[] = [];
  let parts: ContentPart[] = [];
  let blocks: ReasoningBlock[] = [];
  let calls: ToolCall[] = [];

  function endTurn(): void {
    if (parts.length + blocks.length + calls.length === 0) return;
    const [only] = parts;
    messages.push({
      role: "assistant",
      content: parts.length > 1 ? parts : only?.type === "text" ? only.text : parts.length === 0 ? "" : parts,
      ...(blocks.length === 0 ? {} : { reasoning: blocks }),
      ...(calls.length === 0 ? {} : { toolCalls: calls }),
    });
    [parts, blocks, calls] = [[], [], []];
  }

  return {
    add: (message) => {
      endTurn();
      messages.push(message);
    },
    say: (content) => {
      // One by one: a body has room for more parts than a function takes arguments.
      if (typeof content === "string") parts.push({ type: "text", text: content });
      else for (const part of content) parts.push(part);
    },
    think: (block) => void blocks.push(block),
    call: (call) => void calls.push(call),
    toMessages: () => {
      endTurn();
      return messages;
    },
  };
}
