import type { Mark } from "./marks.ts";

export type RenderedPart =
  | { readonly type: "text"; readonly text: string }
  | Extract<Mark, { type: "media" | "section" }>;

/** A message of a rendered prompt, or the place at which earlier messages belong. */
export type RenderedBlock =
  | { readonly type: "message"; readonly role: string; readonly parts: readonly RenderedPart[] }
  | { readonly type: "history" };

/**
 * Groups text and marks into messages by dotprompt's rules: text before any role is the user's, text after the history is
 * the model's, text that is only blank space makes neither a part nor a message.
 */
export function toBlocks(pieces: readonly (string | Mark)[]): RenderedBlock[] {
  const blocks: RenderedBlock[] = [];
  let role = "user";
  let parts: RenderedPart[] = [];
  const close = (): void => {
    if (parts.length > 0) blocks.push({ type: "message", role, parts });
    parts = [];
  };
  for (const piece of pieces) {
    if (typeof piece === "string") {
      if (piece.trim() !== "") parts.push({ type: "text", text: piece });
    } else if (piece.type === "role") {
      close();
      ({ role } = piece);
    } else if (piece.type === "history") {
      close();
      blocks.push(piece);
      role = "model";
    } else {
      parts.push(piece);
    }
  }
  close();
  return blocks;
}
