import { isRecord } from "../../json.ts";
import { isSealed } from "../seal.ts";
import { sealsSomething } from "./seal.ts";

type Fields = Readonly<Record<string, unknown>>;

interface RelayBody {
  readonly body: Fields;
  /** What was left out that the client may miss. */
  readonly warnings: readonly string[];
}

/**
 * The body as a provider of the same dialect gets it: the client's own, without what Headgate put into earlier answers of
 * other vendors' models. Anthropic would refuse such signatures and citations as forged.
 */
export function toRelayBody(body: Fields): RelayBody {
  const { messages } = body;
  if (!Array.isArray(messages) || !messages.some(holdsOurs)) return { body, warnings: [] };
  const kept = messages.flatMap(withoutOurs);
  const hasSealed = messages.some((message) => listBlocks(message).some((block) => isOurThinking(block, true)));
  const dropped = hasSealed ? ["Earlier reasoning without Anthropic's signature was dropped."] : [];
  if (!lostItsThinking(messages, kept) || !isEnabled(body["thinking"])) {
    return { body: { ...body, messages: kept }, warnings: dropped };
  }
  // With a budget for thinking, Anthropic refuses calls without the thinking that led to them.
  const { thinking: _, ...silent } = body;
  return { body: { ...silent, messages: kept }, warnings: [...dropped, noReasoning] };
}

const noReasoning =
  "Reasoning was dropped: the tool calls in the conversation come without the reasoning that led to them.";

function holdsOurs(message: unknown): boolean {
  return listBlocks(message).some((block) => isOurThinking(block) || hasOurCitations(block));
}

function withoutOurs(message: unknown): unknown[] {
  if (!isRecord(message) || !holdsOurs(message)) return [message];
  const content = listBlocks(message).flatMap((block) => {
    if (isOurThinking(block)) return [];
    if (!hasOurCitations(block)) return [block];
    const { citations: _, ...kept } = block as Record<string, unknown>;
    return kept["text"] === "" ? [] : [kept];
  });
  return content.length === 0 ? [] : [{ ...message, content }];
}

/** Whether the latest turn of the assistant calls tools and began with thinking that is gone. */
function lostItsThinking(messages: readonly unknown[], kept: readonly unknown[]): boolean {
  const isAnswer = (message: unknown): boolean => isRecord(message) && message["role"] === "assistant";
  const before = listBlocks(messages.findLast(isAnswer));
  const after = listBlocks(kept.findLast(isAnswer));
  const first = after.find(isRecord);
  const isThinking = first?.["type"] === "thinking" || first?.["type"] === "redacted_thinking";
  const callsTools = after.some((block) => isRecord(block) && block["type"] === "tool_use");
  return callsTools && !isThinking && before.some((block) => isOurThinking(block));
}

function isEnabled(thinking: unknown): boolean {
  return isRecord(thinking) && thinking["type"] === "enabled";
}

function listBlocks(message: unknown): readonly unknown[] {
  return isRecord(message) && message["role"] === "assistant" && Array.isArray(message["content"])
    ? message["content"]
    : [];
}

/** @param withSeal only thinking that its vendor wants back as it was */
function isOurThinking(block: unknown, withSeal = false): boolean {
  if (!isRecord(block) || block["type"] !== "thinking") return false;
  const { signature } = block;
  return typeof signature === "string" && isSealed(signature) && (!withSeal || sealsSomething(signature));
}

// Anthropic's own citations always have an index.
function hasOurCitations(block: unknown): boolean {
  if (!isRecord(block) || block["type"] !== "text" || !Array.isArray(block["citations"])) return false;
  return block["citations"].some((citation) => isRecord(citation) && citation["encrypted_index"] === "");
}
