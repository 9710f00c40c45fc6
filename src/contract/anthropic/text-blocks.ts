import type { ReasoningBlock } from "../../message.ts";
import { encodeDelta, type Block } from "./block-queue.ts";
import { toThinkingSignature } from "./seal.ts";

/** A `text` block. */
export class TextBlock implements Block {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }

  toStart(): Record<string, unknown> {
    return { type: "text", text: "", citations: null };
  }

  mayEnd(): boolean {
    return true;
  }

  complete(): string {
    return "";
  }
}

/** A `thinking` block. It ends unsealed if other content follows at once, as from vendors that want nothing back. */
export class ThinkingBlock implements Block {
  readonly index: number;
  #isSealed = false;

  constructor(index: number) {
    this.index = index;
  }

  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Returns the event with what the vendor wants back. */
  seal(block: Omit<ReasoningBlock, "text">): string {
    this.#isSealed = true;
    return encodeDelta(this.index, "signature_delta", "signature", toThinkingSignature(block));
  }

  toStart(): Record<string, unknown> {
    return { type: "thinking", thinking: "", signature: "" };
  }

  mayEnd(): boolean {
    return true;
  }

  complete(): string {
    return this.#isSealed ? "" : this.seal({ vendor: "other" });
  }
}

/** A block that is whole from its start. */
export class WholeBlock implements Block {
  readonly index: number;
  readonly #content: Record<string, unknown>;

  constructor(index: number, content: Record<string, unknown>) {
    this.index = index;
    this.#content = content;
  }

  toStart(): Record<string, unknown> {
    return this.#content;
  }

  mayEnd(): boolean {
    return true;
  }

  complete(): string {
    return "";
  }
}
