import type { ContentPart, Message, Role } from "../../message.ts";
import { HeadgateError } from "../../errors.ts";
import type { RenderedBlock, RenderedPart } from "./rendered-block.ts";

/** Names of roles in templates to ours. */
const roles: Readonly<Record<string, Role>> = { system: "system", user: "user", model: "assistant" };

/**
 * Turns rendered blocks into messages for a model.
 * @throws HeadgateError `input_invalid` for a media address that is neither http(s) nor inline image data.
 */
export function toMessages(blocks: readonly RenderedBlock[]): readonly Message[] {
  return blocks
    .filter((block) => block.type === "message")
    .map(({ role, parts }) => toMessage(roles[role] ?? "user", parts));
}

function toMessage(role: Role, parts: readonly RenderedPart[]): Message {
  const [first] = parts;
  if (parts.length === 1 && first?.type === "text") return { role, content: first.text };
  return { role, content: parts.flatMap(toContent) };
}

function toContent(part: RenderedPart): ContentPart[] {
  if (part.type === "text") return [part];
  if (part.type === "section") return [];
  const { url, contentType } = part;
  // `file:` and the like would have the provider's server read what only it can reach.
  if (!/^(?:https?:\/\/|data:image\/)/i.test(url)) {
    throw new HeadgateError("input_invalid", {
      detail: "An image's address must start with https://, http:// or data:image/.",
    });
  }
  if (contentType !== undefined && !contentType.toLowerCase().startsWith("image/")) {
    throw new HeadgateError("input_invalid", { detail: "A prompt can hold images, but no other media." });
  }
  return [{ type: "image", url, ...(contentType === undefined ? {} : { mimeType: contentType }) }];
}
