import { open, refuse, type Finder, type Finding } from "./finding.ts";
import { isWordStart, matchAt, skipSpace } from "./fuzzy-match.ts";
import { readHead } from "./head.ts";
import { isLeadIn, mayBeLeadIn } from "./lead-in.ts";
import { findOverlap } from "./overlap.ts";

/** How far from its end `sent` is searched for what a continuation begins with. */
const tailChars = 8192;
/** So far, or to the end of its first line, a continuation is looked at for the words that it was asked to begin with. */
const firstChars = 200;
/** What a model says before it begins, and the words that it is to begin with, are over by then. */
const leadInChars = 1200;

/** A model that was told to begin with the anchor. */
export function createInstructionFinder(sent: string, anchor: string): Finder {
  const visible = sent.trimEnd();
  const tail = visible.slice(-tailChars);
  const head = readHead(visible);
  let scannedTo = 0;

  /** The next place where the anchor stands, or may. */
  function findAnchorIn(text: string): { readonly at: number; readonly end: number | "partial" } | undefined {
    for (; scannedTo < text.length; scannedTo += 1) {
      if (!isWordStart(text, scannedTo)) continue;
      const end = matchAt(text, scannedTo, anchor);
      if (end !== "none") return { at: scannedTo, end };
    }
    return undefined;
  }

  return (text, isOver) => {
    const anchored = findAnchorIn(text);
    if (anchored && anchored.end !== "partial") {
      const before = text.slice(0, anchored.at);
      const isAll = before.trim() !== "" && before.trim() === visible.slice(0, -anchor.length).trim();
      // All of it once more may be an answer that starts over, or a refrain.
      if (isAll && !head.isProof) return refuse("repetition");
      return judgeBefore(before, visible.slice(0, -anchor.length), anchored.end);
    }
    const begun = text.trim();
    if (!isOver && /^[.…]*$/.test(begun)) return open;
    if (!isOver && anchored) return open;
    if (head.isProof && begun.startsWith(head.text)) return { type: "restarted" };
    if (!isOver && (tail.includes(begun) || head.text.startsWith(begun))) return open;
    const overlap = findOverlap(tail, text, skipSpace(text, 0));
    if (overlap.type === "proof") return { type: "found", at: overlap.end, proof: "overlap" };
    if (overlap.type === "doubt") return refuse("repetition");
    if (mayBeLeadIn(text)) return isOver || text.length > leadInChars ? refuse("preamble") : open;
    const isRead = isOver || begun.length >= firstChars || text.trimStart().includes("\n");
    // However well it may read on: where the model took the text to end is not known.
    return isRead ? refuse("undecided") : open;
  };
}

/** The anchor came, after something else: more of what was sent, or what a model says before it begins. */
function judgeBefore(before: string, sentBefore: string, at: number): Finding {
  const said = before.trim();
  if (said === "" || /^(?:\.{3}|…)$/.test(said)) return { type: "found", at, proof: "anchor" };
  if (sentBefore.trimEnd().endsWith(said)) return { type: "found", at, proof: "overlap" };
  const line = before.lastIndexOf("\n") + 1;
  const lead = sentBefore.trimEnd().endsWith(before.slice(line).trimEnd()) ? before.slice(0, line) : before;
  return isLeadIn(lead, sentBefore) ? { type: "found", at, proof: "anchor" } : refuse("preamble");
}
