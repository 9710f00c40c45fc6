import { createHash } from "node:crypto";
import type { CacheTtl, ContentPart, Message, ReasoningBlock, ToolCall } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import { isRecord, parseJson } from "../../json.ts";
import { isSealed } from "../wire/is-sealed.ts";
import type { ModelTraits } from "./model-traits.ts";
import { createDocumentNames, toMediaBlock, type NameDocument } from "./to-media-block.ts";

export type Block = Record<string, unknown>;

export interface Conversation {
  readonly system: readonly Block[];
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: Block[] }[];
}

interface Writing {
  readonly traits: ModelTraits;
  readonly nameDocument: NameDocument;
  readonly warn: (warning: string) => void;
}

/**
 * Writes the messages as Converse wants them: system text apart, tool results said by the user, turns that alternate,
 * no blank text. @throws HeadgateError `not_translatable`
 */
export function toConversation(
  messages: readonly Message[],
  traits: ModelTraits,
  warn: (warning: string) => void,
): Conversation {
  const writing: Writing = { traits, nameDocument: createDocumentNames(), warn };
  const system: Block[] = [];
  const turns: { role: "user" | "assistant"; content: Block[] }[] = [];
  for (const message of messages) {
    if (message.role === "system") {
      if (turns.length > 0) warn("A system message was moved to the start: Bedrock knows no other place for it.");
      system.push(...toSystemBlocks(message, writing));
      continue;
    }
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = toTurnBlocks(message, writing);
    const last = turns.at(-1);
    // One by one: a body has room for more parts than a function takes arguments.
    if (last?.role === role) for (const block of content) last.content.push(block);
    else if (content.length > 0) turns.push({ role, content });
  }
  if (turns.length === 0 && system.length > 0) {
    warn("The system messages were sent as the user's: Bedrock wants a turn of the user.");
    return { system: [], messages: [{ role: "user", content: system }] };
  }
  for (const turn of turns) {
    addTextToDocuments(turn.content, warn);
    turn.content = putResultsFirst(turn.content);
  }
  trimPrefill(turns.at(-1));
  return { system, messages: turns };
}

/** Where a cache may end, if the model keeps one. */
export function toCachePoint(
  ttl: CacheTtl | undefined,
  traits: ModelTraits,
  warn: (warning: string) => void,
): readonly Block[] {
  // Models without it cache by themselves, or not at all; the answer is the same.
  if (ttl === undefined || traits.caches === "nowhere") return [];
  if (ttl === "1h" && traits.caches1h) return [{ cachePoint: { type: "default", ttl } }];
  if (ttl === "1h") warn("A cache of 1h is not offered by this model on Bedrock: it is kept for 5m.");
  return [{ cachePoint: { type: "default" } }];
}

function toSystemBlocks({ content }: Message, { traits, warn }: Writing): Block[] {
  if (typeof content === "string") return toTextBlocks(content);
  return content.flatMap((part) => {
    if (part.type !== "text") {
      throw new HeadgateError("not_translatable", { detail: "Bedrock takes only text in system messages." });
    }
    return [...toTextBlocks(part.text), ...toCachePoint(part.cacheTtl, traits, warn)];
  });
}

function toTurnBlocks(message: Message, writing: Writing): Block[] {
  const { role, reasoning = [], toolCalls = [] } = message;
  if (role === "tool") return [toToolResult(message, writing)];
  if (role === "user") return toContentBlocks(message.content, writing);
  const { content } = message;
  if (typeof content !== "string" && content.some(({ type }) => type !== "text")) {
    throw new HeadgateError("not_translatable", { detail: "Bedrock takes only text in what the assistant said." });
  }
  return [
    ...reasoning.flatMap((block) => toReasoningBlocks(block, writing)),
    ...toContentBlocks(content, writing),
    ...toolCalls.map((call) => toToolUse(call, writing)),
  ];
}

function toContentBlocks(content: Message["content"], { traits, nameDocument, warn }: Writing): Block[] {
  if (typeof content === "string") return toTextBlocks(content);
  return content.flatMap((part: ContentPart) => {
    const blocks = part.type === "text" ? toTextBlocks(part.text) : [toMediaBlock(part, nameDocument)];
    if (part.type === "image" && part.detail !== undefined && part.detail !== "auto") {
      warn("The detail of an image is not offered by Bedrock and was dropped.");
    }
    // A cache that ends with nothing would be refused.
    if (blocks.length === 0 || part.type === "audio") return blocks;
    return [...blocks, ...toCachePoint(part.cacheTtl, traits, warn)];
  });
}

/** Bedrock refuses text that is blank. */
function toTextBlocks(text: string): Block[] {
  return text.trim() === "" ? [] : [{ text }];
}

function toReasoningBlocks(block: ReasoningBlock, { traits, warn }: Writing): Block[] {
  const own = traits.family === "anthropic" ? "anthropic" : "other";
  if (block.vendor !== own) {
    if (isSealed(block)) warn("Reasoning of another vendor's model was dropped.");
    return [];
  }
  const { text, signature, encrypted } = block;
  if (encrypted !== undefined) return [{ reasoningContent: { redactedContent: encrypted } }];
  // Models that sign nothing do not want their reasoning back: they would repeat it in the answer.
  return signature === undefined ? [] : [{ reasoningContent: { reasoningText: { text, signature } } }];
}

function toToolUse({ id, name, arguments: text }: ToolCall, { traits, warn }: Writing): Block {
  const value = text.trim() === "" ? {} : tryParse(text);
  if (!isRecord(value)) warn("Arguments of an earlier tool call are no JSON object: they were wrapped into one.");
  const input = isRecord(value) ? value : { arguments: text };
  return { toolUse: { toolUseId: toToolUseId(id, traits), name, input } };
}

function toToolResult(message: Message, writing: Writing): Block {
  const { traits } = writing;
  const blocks = toContentBlocks(message.content, writing).map((block) => {
    const value = traits.resultsAsJson && typeof block["text"] === "string" ? tryParse(block["text"]) : undefined;
    return isRecord(value) ? { json: value } : block;
  });
  // A cache cannot end inside a result.
  const content = blocks.filter((block) => !("cachePoint" in block));
  const status = message.isError === true && traits.takesResultStatus ? { status: "error" } : {};
  return { toolResult: { toolUseId: toToolUseId(message.toolCallId ?? "", traits), content, ...status } };
}

/** Ids of other vendors are kept where Bedrock allows them, else replaced by ones that stay the same for the same id. */
function toToolUseId(id: string, { family }: ModelTraits): string {
  const isMistral = family === "mistral";
  if ((isMistral ? /^[A-Za-z0-9]{9}$/ : /^[A-Za-z0-9_.:-]{1,64}$/).test(id)) return id;
  const digest = createHash("sha256").update(id).digest("hex");
  return isMistral ? digest.slice(0, 9) : `tooluse_${digest.slice(0, 32)}`;
}

/** Where the user spoke before the results came, which Claude refuses. */
function putResultsFirst(content: Block[]): Block[] {
  const results = content.filter((block) => "toolResult" in block);
  return results.length === 0 ? content : [...results, ...content.filter((block) => !("toolResult" in block))];
}

function addTextToDocuments(content: Block[], warn: (warning: string) => void): void {
  if (!content.some((block) => "document" in block) || content.some((block) => "text" in block)) return;
  warn("Bedrock wants text beside a document: a line was added.");
  content.push({ text: "The document is attached." });
}

/** An answer that the model is to go on from must not end in white space. */
function trimPrefill(turn: Conversation["messages"][number] | undefined): void {
  const last = turn?.role === "assistant" ? turn.content.at(-1) : undefined;
  if (last && typeof last["text"] === "string") last["text"] = last["text"].trimEnd();
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
