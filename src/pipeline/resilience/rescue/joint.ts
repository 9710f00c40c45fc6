/**
 * Joins the text of a new model call to text that the client already has, from which nothing can be taken back. Nothing is
 * passed on while it is open; once joined, it is joined for good; once refused, nothing is ever passed on.
 */
export interface Joint {
  readonly state: "open" | "joined" | "refused";
  /** Set once it is joined: what proves that the two belong together. */
  readonly proof?: JointProof;
  /** Set once it is refused. */
  readonly refusal?: JointRefusal;
  /** Takes the next piece of the new text; returns what of all pieces can be passed on now, "" for nothing. */
  push(piece: string): string;
  /** The new text is over: decides what is open, and returns what was held back. */
  end(): string;
}

/**
 * `agreement`: the new text was the same up to where the old one ended. `prefill`: the model goes on by itself. `anchor`:
 * it repeated the words that it was asked to repeat. `overlap`: it repeated fewer or more of the last words.
 */
export type JointProof = "agreement" | "prefill" | "anchor" | "overlap";

/**
 * `diverged`: the new text says something else where it should say the same. `too-short`: it ended before it said all of
 * it. `no-anchor`: the old text has no words by which a model could be told where to go on. `torn-character`: it ends
 * within a character. `preamble`: the model talks about going on. `repetition`: it repeats something that is not the end of
 * the old text, or more than once. `word-boundary`: what stands at the joint may be one word or two. `undecided`: it
 * begins with something else than the words by which to tell.
 */
export type JointRefusal =
  | "diverged"
  | "too-short"
  | "no-anchor"
  | "torn-character"
  | "preamble"
  | "repetition"
  | "word-boundary"
  | "undecided";

/** True if the text ends with the first half of a character that has two code units. */
export function endsTorn(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd8_00 && last <= 0xdb_ff;
}

/** Passes text on, but never the first half of a character without its second. */
export class WholeCharacters {
  #half = "";

  push(text: string): string {
    const all = this.#half === "" ? text : this.#half + text;
    if (!endsTorn(all)) {
      this.#half = "";
      return all;
    }
    this.#half = all.slice(-1);
    return all.slice(0, -1);
  }

  end(): string {
    const half = this.#half;
    this.#half = "";
    return half;
  }
}
