import type { Part } from "../../reply.ts";

/** Longer answers are not held for a rescue. */
const mostChars = 32 * 1024;

/** Of sealed reasoning, which is long where there was much of it. */
const mostSealChars = 256 * 1024;
const mostParts = 1024;

/** What was passed on of an answer, in parts that are put together, for another model call to go on from. */
export class SentTape {
  readonly #parts: Part[] = [];
  #text = "";
  #chars = 0;
  #sealChars = 0;
  /** The stretch that grows now. */
  #stretch: { readonly type: "text" | "reasoning"; text: string } | undefined;
  #isRetellable = true;

  add(part: Part): void {
    if (!this.#isRetellable) return;
    if (part.type === "raw") this.#addRaw(part);
    else if (part.type === "text" && part.isRefusal !== true && !part.logprobs) {
      this.#text += part.text;
      this.#append("text", part.text);
    } else if (part.type === "reasoning") this.#append("reasoning", part.text);
    else if (part.type === "reasoning-block") this.#addBlock(part);
    // Tools may have been started, and words that were set apart stay so: there is no going on from them.
    else if (part.type === "tool-call" || part.type === "source" || part.type === "text") this.#giveUp();
  }

  /** False once something was passed on that another answer could not agree with, or too much. */
  get isRetellable(): boolean {
    return this.#isRetellable;
  }

  /** Without its reasoning. */
  get text(): string {
    return this.#text;
  }

  /** As they are now: what is added later is not in them. */
  get parts(): readonly Part[] {
    return this.#stretch ? [...this.#parts, { ...this.#stretch }] : [...this.#parts];
  }

  #addRaw({ says, isOpaque }: Extract<Part, { type: "raw" }>): void {
    if (isOpaque === true) this.#giveUp();
    else for (const said of says) this.add(said);
  }

  // Its text came before, and is counted.
  #addBlock(part: Extract<Part, { type: "reasoning-block" }>): void {
    const { signature = "", encrypted = "" } = part.block;
    this.#sealChars += signature.length + encrypted.length;
    this.#endStretch();
    this.#parts.push(part);
    if (this.#sealChars > mostSealChars || this.#parts.length > mostParts) this.#giveUp();
  }

  #append(type: "text" | "reasoning", text: string): void {
    this.#chars += text.length;
    if (this.#chars > mostChars) this.#giveUp();
    else if (this.#stretch?.type === type) this.#stretch.text += text;
    else {
      this.#endStretch();
      this.#stretch = { type, text };
    }
  }

  #endStretch(): void {
    if (this.#stretch) this.#parts.push(this.#stretch);
    this.#stretch = undefined;
  }

  #giveUp(): void {
    this.#isRetellable = false;
    this.#parts.length = 0;
    this.#stretch = undefined;
    this.#text = "";
  }
}
