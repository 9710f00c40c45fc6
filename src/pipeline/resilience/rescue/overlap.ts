import { weigh } from "./anchor.ts";
import { isSpacedLetter, isWide, isWordStart, matchAt } from "./fuzzy-match.ts";

/** Longer ones hold the anchor. */
const maxChars = 640;
/** Of fewer characters, a repetition may be an accident. */
const minWeight = 16;

export type Overlap =
  | { readonly type: "none" }
  /** The text begins with the last words of what was sent, and goes on at `end`. */
  | { readonly type: "proof"; readonly end: number }
  /** It does, but by few words, or by words that stand elsewhere too: the sentence may want them twice. */
  | { readonly type: "doubt" };

/** The longest end of `sent`, from the beginning of a word on, that the text has at the index. */
export function findOverlap(sent: string, text: string, index: number): Overlap {
  for (let start = Math.max(0, sent.length - maxChars); start < sent.length; start += 1) {
    if (!isWordStart(sent, start)) continue;
    const repeated = sent.slice(start).trimStart();
    const end = matchAt(text, index, repeated);
    if (typeof end !== "number") continue;
    const isUnique = sent.indexOf(repeated) === sent.length - repeated.length;
    if (isUnique && isLong(repeated)) return { type: "proof", end };
    // A letter or two that the text's word only begins with are no word.
    const isWord = repeated.length > 2 || !isSpacedLetter(repeated[0]!) || !isSpacedLetter(text[end] ?? " ");
    return { type: isWord ? "doubt" : "none" };
  }
  return { type: "none" };
}

/** Three words, or as much of a script without spaces. */
function isLong(text: string): boolean {
  return weigh(text) >= minWeight && (/\S\s+\S+\s+\S/.test(text) || Array.from(text).every(isWide));
}
