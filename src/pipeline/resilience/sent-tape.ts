import type { Part } from "../../reply.ts";

/** Longer answers are not held for a rescue. */
const mostChars = 32 * 1024;

/** What was passed on of an answer, in parts that are put together, for another model call to go on from. */
export class SentTape {
  #parts: Part[] = [];
  #text = "";
  #chars = 0;
  #isRetellable = true;

  add(part: Part): void {
    if (part.type === "raw") {
      if (part.isOpaque === true) this.#giveUp();
      for (const said of part.says) this.add(said);
    } else if (part.type === "text" && part.isRefusal !== true) {
      this.#text += part.text;
      this.#append("text", part.text);
    } else if (part.type === "reasoning") this.#append("reasoning", part.text);
    else if (part.type === "reasoning-block" && this.#isRetellable) this.#parts.push(part);
    // Tools may have been started, and words that were set apart stay so: there is no going on from them.
    else if (part.type === "tool-call" || part.type === "source" || part.type === "text") this.#giveUp();
  }

  /** False once something was passed on that another answer could not agree with. */
  get isRetellable(): boolean {
    return this.#isRetellable;
  }

  get hasContent(): boolean {
    return this.#chars > 0;
  }

  get text(): string {
    return this.#text;
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  #append(type: "text" | "reasoning", text: string): void {
    this.#chars += text.length;
    if (this.#chars > mostChars) this.#giveUp();
    if (!this.#isRetellable) return;
    const last = this.#parts.at(-1);
    if (last?.type !== type) this.#parts.push({ type, text });
    else this.#parts[this.#parts.length - 1] = { type, text: last.text + text };
  }

  #giveUp(): void {
    this.#isRetellable = false;
    this.#parts = [];
    this.#text = "";
  }
}
