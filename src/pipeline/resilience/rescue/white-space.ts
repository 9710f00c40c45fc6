import { skipSpace } from "./fuzzy-match.ts";

/** The white space that a text ends with. */
export function trailingSpace(text: string): string {
  return text.slice(text.trimEnd().length);
}

/**
 * What is to follow a text that ends with the white space `sent`, if the new text is known to go on from before it:
 * exactly what is missing of the new text's own white space. Undefined where the new text has none there, so that a word
 * may go on that was taken for ended.
 */
export function withoutSentSpace(sent: string, rest: string): string | undefined {
  if (sent === "" || rest === "") return rest;
  if (rest.startsWith(sent)) return rest.slice(sent.length);
  const end = skipSpace(rest, 0);
  if (end === 0) return undefined;
  const own = rest.slice(0, end);
  const missing = countLines(own) - countLines(sent);
  if (missing <= 0) return rest.slice(end);
  // The indentation of a new line is the new text's.
  return "\n".repeat(missing) + own.slice(own.lastIndexOf("\n") + 1) + rest.slice(end);
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}
