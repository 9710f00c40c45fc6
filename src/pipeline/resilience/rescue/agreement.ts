import { WholeCharacters, type Joint, type JointProof, type JointRefusal } from "./joint.ts";

/**
 * For the same request asked anew: passes on what follows `sent`, once the new answer has said all of it, code unit by code
 * unit. Only white space before the first word may differ: servers put line breaks there or take them away, and nobody reads
 * them. Nothing is buffered. If `sent` ends within a character, what is passed on begins with the rest of that character.
 */
export function createAgreement(sent: string): Joint {
  return new Agreement(sent);
}

class Agreement implements Joint {
  state: Joint["state"] = "open";
  proof?: JointProof;
  refusal?: JointRefusal;
  readonly #sent: string;
  readonly #characters = new WholeCharacters();
  /** How much of `sent` the new text has said. */
  #at = 0;
  readonly #isBlank: boolean;
  #isInLead: boolean;

  constructor(sent: string) {
    this.#sent = sent;
    this.#isBlank = sent.trimStart() === "";
    this.#isInLead = !this.#isBlank;
    if (sent === "") this.#join();
  }

  push(piece: string): string {
    if (this.state === "joined") return this.#characters.push(piece);
    if (this.state === "refused" || piece === "") return "";
    return this.#isBlank ? this.#pushAfterBlank(piece) : this.#pushAfterWords(piece);
  }

  end(): string {
    if (this.state === "joined") return this.#characters.end();
    if (this.state === "open") {
      if (this.#isBlank) this.#join();
      else this.#refuse("too-short");
    }
    return "";
  }

  #pushAfterWords(piece: string): string {
    let rest = piece;
    if (this.#isInLead) {
      rest = piece.trimStart();
      if (rest === "") return "";
      this.#isInLead = false;
      this.#at = this.#sent.length - this.#sent.trimStart().length;
    }
    const missing = this.#sent.length - this.#at;
    if (rest.length < missing) {
      if (!this.#sent.startsWith(rest, this.#at)) this.#refuse("diverged");
      this.#at += rest.length;
      return "";
    }
    if (!rest.startsWith(this.#sent.slice(this.#at))) {
      this.#refuse("diverged");
      return "";
    }
    this.#join();
    return this.#characters.push(rest.slice(missing));
  }

  // Only white space was sent: whatever follows agrees with it, and what both have is not sent twice.
  #pushAfterBlank(piece: string): string {
    let index = 0;
    while (this.#at < this.#sent.length && index < piece.length && piece[index] === this.#sent[this.#at]) {
      index += 1;
      this.#at += 1;
    }
    if (this.#at < this.#sent.length && index === piece.length) return "";
    this.#join();
    return this.#characters.push(piece.slice(index));
  }

  #join(): void {
    this.state = "joined";
    this.proof = "agreement";
  }

  #refuse(refusal: JointRefusal): void {
    this.state = "refused";
    this.refusal = refusal;
  }
}
