import { isRecord } from "../../json.ts";
import { isSealed } from "./seal.ts";

/**
 * The body as a provider of the same dialect gets it: the client's own, without what Headgate put into earlier answers of
 * other vendors' models. Anthropic would refuse such signatures and citations as forged.
 */
export function toRelayBody(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { messages } = body;
  if (!Array.isArray(messages) || !messages.some(holdsOurs)) return body;
  return { ...body, messages: messages.flatMap(withoutOurs) };
}

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

function listBlocks(message: unknown): readonly unknown[] {
  return isRecord(message) && message["role"] === "assistant" && Array.isArray(message["content"])
    ? message["content"]
    : [];
}

function isOurThinking(block: unknown): boolean {
  if (!isRecord(block) || block["type"] !== "thinking") return false;
  const { signature } = block;
  return typeof signature === "string" && isSealed(signature);
}

// Anthropic's own citations always have an index.
function hasOurCitations(block: unknown): boolean {
  if (!isRecord(block) || block["type"] !== "text" || !Array.isArray(block["citations"])) return false;
  return block["citations"].some((citation) => isRecord(citation) && citation["encrypted_index"] === "");
}
