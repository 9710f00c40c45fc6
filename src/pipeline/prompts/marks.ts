import { HeadgateError } from "../../errors.ts";

/** What a template says about structure rather than text. */
export type Mark =
  | { readonly type: "role"; readonly role: string }
  | { readonly type: "history" }
  | { readonly type: "section"; readonly name: string }
  | { readonly type: "media"; readonly url: string; readonly contentType?: string };

/**
 * Carries marks through one rendering. In the text stands only a nonce and a number, and the nonce is drawn after the
 * input is known: no input can hold it, so no input can open a role, a media part or a section.
 */
export class Marks {
  readonly #nonce: string;
  readonly #marks: Mark[] = [];

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  /** Notes a mark and returns the text that stands for it. */
  put(mark: Mark): string {
    return `${this.#nonce}${this.#marks.push(mark) - 1};`;
  }

  /** Cuts rendered text at its marks. */
  cut(rendered: string): (string | Mark)[] {
    const [first = "", ...others] = rendered.split(this.#nonce);
    // A mark that was forged or lost would shift roles: no answer is better than such a one.
    if (others.length !== this.#marks.length) {
      throw new HeadgateError("internal", { detail: "The prompt's structure does not match its marks." });
    }
    const pieces: (string | Mark)[] = [first];
    for (const piece of others) {
      const end = piece.indexOf(";");
      pieces.push(this.#marks[Number(piece.slice(0, end))]!, piece.slice(end + 1));
    }
    return pieces;
  }
}
