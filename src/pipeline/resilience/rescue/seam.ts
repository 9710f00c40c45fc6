import { createAgreement } from "./agreement.ts";
import { findAnchor } from "./anchor.ts";
import type { ContinuationMode } from "./continuation-messages.ts";
import { createPrefillFinder } from "./find-after-prefill.ts";
import { createInstructionFinder } from "./find-after-instruction.ts";
import { type Finder, type Finding } from "./finding.ts";
import { matchAt, skipSpace } from "./fuzzy-match.ts";
import { endsTorn, WholeCharacters, type Joint, type JointProof, type JointRefusal } from "./joint.ts";
import { trailingSpace, withoutSentSpace } from "./white-space.ts";
import { judgeNextWord } from "./last-word.ts";

/** Most of a continuation that is held back while nothing is decided. */
const maxHeldChars = 4096;

/**
 * For a continuation of `sent`, as `toContinuationMessages` asks for it. Passes on what follows `sent`, without what is
 * repeated of it and with exactly the white space that is missing. What cannot be joined with confidence is refused: the
 * text of the joint is never guessed.
 *
 * `prefill` is taken as it is, unless it starts over. `instruction` has to begin with the words that it was asked to repeat,
 * or with others that were the last of `sent`.
 * Answers that start over are followed as `createAgreement` does.
 */
export function createSeam(sent: string, mode: ContinuationMode): Joint {
  return new Seam(sent, mode);
}

class Seam implements Joint {
  state: Joint["state"] = "open";
  proof?: JointProof;
  refusal?: JointRefusal;
  readonly #sent: string;
  readonly #space: string;
  readonly #anchor: string | undefined;
  readonly #characters = new WholeCharacters();
  readonly #find: Finder | undefined;
  /** The continuation so far; after `#tail` is set, what of it follows the last visible character of `sent`. */
  #held = "";
  #tail: JointProof | undefined;
  /** Follows an answer that starts over. */
  #again: Joint | undefined;

  constructor(sent: string, mode: ContinuationMode) {
    this.#sent = sent.trimEnd();
    this.#space = trailingSpace(sent);
    this.#anchor = findAnchor(sent);
    if (endsTorn(sent)) this.#refuse("torn-character");
    else if (this.#sent.trimStart() === "") this.#refuse("no-anchor");
    else if (mode === "prefill") this.#find = createPrefillFinder(this.#sent, this.#anchor);
    else if (this.#anchor === undefined) this.#refuse("no-anchor");
    else this.#find = createInstructionFinder(sent, this.#anchor);
  }

  push(piece: string): string {
    if (this.state === "joined") return this.#characters.push(piece);
    if (this.state === "refused" || piece === "") return "";
    return this.#advance(piece, false);
  }

  end(): string {
    if (this.state === "open") return this.#advance("", true) + this.#characters.end();
    return this.state === "joined" ? this.#characters.end() : "";
  }

  #advance(piece: string, isOver: boolean): string {
    if (this.#again) return this.#pushAgain(this.#again, piece, isOver);
    this.#held += piece;
    const passed = this.#tail ? this.#settle(this.#tail, isOver) : this.#apply(this.#find!(this.#held, isOver), isOver);
    if (this.state === "open" && (isOver || this.#held.length > maxHeldChars)) this.#refuse("undecided");
    return passed;
  }

  #apply(finding: Finding, isOver: boolean): string {
    switch (finding.type) {
      case "open":
        return "";
      case "refused":
        return this.#refuse(finding.refusal);
      case "restarted": {
        const text = this.#held;
        this.#held = "";
        this.#again = createAgreement(this.#sent);
        return this.#pushAgain(this.#again, text, isOver);
      }
      default:
        this.#held = this.#held.slice(finding.at);
        this.#tail = finding.proof;
        return this.#settle(finding.proof, isOver);
    }
  }

  #pushAgain(again: Joint, piece: string, isOver: boolean): string {
    const passed = again.push(piece);
    if (isOver && again.state === "open") again.end();
    if (again.state === "refused") return this.#refuse(again.refusal!);
    if (again.state === "open") return "";
    this.#again = undefined;
    // What it holds back of a character is told here.
    this.#held = passed + again.end();
    this.#tail = "agreement";
    return this.#settle("agreement", isOver);
  }

  /** The place is known: decides about white space, and about a word that stands at the joint. */
  #settle(proof: JointProof, isOver: boolean): string {
    const held = this.#held;
    const isSpaceOnly = skipSpace(held, 0) === held.length;
    if (isSpaceOnly && !isOver) return "";
    if (proof !== "prefill") {
      const again = this.#anchor === undefined ? "none" : matchAt(held, skipSpace(held, 0), this.#anchor);
      if (typeof again === "number") return this.#refuse("repetition");
      const word = judgeNextWord(this.#sent, held, this.#space !== "");
      if (word === "doubtful") return this.#refuse("word-boundary");
      if (!isOver && (again === "partial" || word === "unknown")) return "";
    }
    const text = isSpaceOnly && !held.startsWith(this.#space) ? "" : withoutSentSpace(this.#space, held);
    return text === undefined ? this.#refuse("word-boundary") : this.#join(text, proof);
  }

  #join(text: string, proof: JointProof): string {
    this.#held = "";
    this.state = "joined";
    this.proof = proof;
    return this.#characters.push(text);
  }

  #refuse(refusal: JointRefusal): "" {
    this.#held = "";
    this.state = "refused";
    this.refusal = refusal;
    return "";
  }
}
