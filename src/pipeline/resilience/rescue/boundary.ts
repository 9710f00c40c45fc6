import { refuse, type Finding } from "./finding.ts";
import { isWide, skipSpace } from "./fuzzy-match.ts";
import { judgeNextWord } from "./last-word.ts";
import { isInFence } from "./lead-in.ts";
import { endsSentence } from "./sentence.ts";
import { trailingSpace, withoutSentSpace } from "./white-space.ts";

/** A stretch of so many characters that stands in what was sent is no accident. */
const repeatedChars = 24;
/** So far into the continuation repetitions are looked for. */
const readChars = 400;
/** In so much of the end of what was sent, so that a long answer costs no more. */
const searchedChars = 65_536;

/**
 * Judges a continuation that repeats nothing of the end of `sent`: it can follow only where `sent` ends between lines,
 * sentences or words, and it begins as what follows there. Nothing can within a block of code, where indentation counts.
 */
export function judgeBoundary(sent: string, text: string): Finding {
  const start = skipSpace(text, 0);
  if (start === text.length) return whole("");
  if (isInFence(sent)) return refuse("word-boundary");
  if (hasRepetition(sent.slice(-searchedChars), text.slice(start, readChars))) return refuse("repetition");
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

/** Of line breaks as many as are missing; the indentation of the new line is its own, unless it was sent. */
function afterLine({ space, own, body }: BareJoint): string | undefined {
  if (own.includes("\n")) return withoutSentSpace(space, own + body);
  const indentation = space.slice(space.lastIndexOf("\n") + 1);
  return own.startsWith(indentation) ? own.slice(indentation.length) + body : undefined;
}

function afterText(joint: BareJoint): string | undefined {
  const { sent, own, body } = joint;
  if (/^(?:\.{2}|…)/.test(body)) return undefined;
  if (endsSentence(sent)) return afterSentence(joint);
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
  if (judgeNextWord(sent, ` ${body}`, space !== "") === "doubtful") return undefined;
  return space === "" ? own + body : body;
}

function hasRepetition(sent: string, text: string): boolean {
  for (let at = 0; at + repeatedChars <= text.length; at += 1) {
    const stretch = text.slice(at, at + repeatedChars);
    if (/[\p{L}\p{N}]/u.test(stretch) && sent.includes(stretch)) return true;
  }
  return false;
}
