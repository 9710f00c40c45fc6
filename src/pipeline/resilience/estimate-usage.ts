import type { Completion, Part, Usage } from "../../reply.ts";

/** Of English text; other scripts have fewer. */
const charsPerToken = 4;

/** Counts what a model has sent, for an answer whose usage the provider never tells. */
export class OutputCounter {
  #chars = 0;

  add(part: Part): void {
    if (part.type === "text" || part.type === "reasoning") this.#chars += part.text.length;
    else if (part.type === "tool-call") this.#chars += (part.name?.length ?? 0) + part.arguments.length;
    else if (part.type === "raw") for (const said of part.says) this.add(said);
  }

  addWhole({ text, reasoning = "", toolCalls }: Completion): void {
    this.#chars += text.length + reasoning.length;
    for (const { name, arguments: args } of toolCalls) this.#chars += name.length + args.length;
  }

  get tokens(): number {
    return Math.ceil(this.#chars / charsPerToken);
  }
}

/** The usage of a model call that its provider has not told. */
export function estimateUsage(inputTokens: number, output: OutputCounter): Usage {
  return { inputTokens, outputTokens: output.tokens, isEstimated: true };
}
