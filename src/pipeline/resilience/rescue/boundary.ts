import { refuse, type Finding } from "./finding.ts";
import { isWide, skipSpace } from "./fuzzy-match.ts";
import { mayExtendLastWord } from "./last-word.ts";
import { isInFence } from "./lead-in.ts";
import { trailingSpace } from "./white-space.ts";

/** A stretch of so many characters that stands in what was sent is no accident. */
const repeatedChars = 24;
/** So far into the continuation repetitions are looked for. */
const readChars = 400;

/**
 * Judges a continuation that repeats nothing of the end of `sent`: it can follow only where `sent` ends between lines,
 * sentences or words, and it begins as what follows there. Text within a line of code never can.
 */
export function judgeBoundary(sent: string, text: string): Finding {
  const start = skipSpace(text, 0);
  if (start === text.length) return whole("");
  if (hasRepetition(sent, text.slice(start, readChars))) return refuse("repetition");
  const joint = {
    sent: sent.trimEnd(),
    space: trailingSpace(sent),
    own: text.slice(0, start),
    body: text.slice(start),
  };
  const joined = /\n/.test(joint.space) ? afterLine(joint) : afterText(joint);
  return joined === undefined ? refuse("word-boundary") : whole(joined);
}

interface BareJoint {
  readonly sent: string;
  /** White space that was sent after it. */
  readonly space: string;
  readonly own: string;
  readonly body: string;
}

function whole(text: string): Finding {
  return { type: "whole", text, proof: "boundary" };
}

/** Line breaks are there already; the indentation of the new line is not, unless it was sent. */
function afterLine({ space, own, body }: BareJoint): string | undefined {
  const sentIndentation = space.slice(space.lastIndexOf("\n") + 1);
  const indentation = own.slice(own.lastIndexOf("\n") + 1);
  if (sentIndentation === "") return indentation + body;
  return indentation.startsWith(sentIndentation) ? indentation.slice(sentIndentation.length) + body : undefined;
}

function afterText(joint: BareJoint): string | undefined {
  const { sent, own, body } = joint;
  if (isInFence(sent) || /^(?:\.{2}|…)/.test(body)) return undefined;
  if (/[.!?。！？…]["'”’»」』)\]*_]*$/u.test(sent)) return afterSentence(joint);
  return /\n/.test(own) ? undefined : withinSentence(joint);
}

function afterSentence({ space, own, body }: BareJoint): string | undefined {
  if (/^[,.;:!?、。！？)\]}”’»]/u.test(body)) return undefined;
  if (/\n/.test(own)) return own + body;
  if (space !== "") return body;
  if (own !== "") return own + body;
  if (isWide(body[0]!)) return body;
  // "www." and "3." may be no sentences; a capital letter after them begins one.
  return /^["'“‘«(*_]*\p{Lu}/u.test(body) ? ` ${body}` : undefined;
}

function withinSentence({ sent, space, own, body }: BareJoint): string | undefined {
  const isMark = /^[,.;:!?、。！？)\]}”’»%]/u.test(body);
  if (space === "" && own === "") return isMark && /[\p{L}\p{N}]$/u.test(sent) ? body : undefined;
  // A capital letter begins another sentence, most likely the first one again.
  if (isMark || /^["'“‘«(*_]*\p{Lu}/u.test(body)) return undefined;
  if (space !== "") return body;
  return mayExtendLastWord(sent, own + body) === "no" ? own + body : undefined;
}

function hasRepetition(sent: string, text: string): boolean {
  for (let at = 0; at + repeatedChars <= text.length; at += 1) {
    const stretch = text.slice(at, at + repeatedChars);
    if (/[\p{L}\p{N}]/u.test(stretch) && sent.includes(stretch)) return true;
  }
  return false;
}
