import type { Call } from "../../call.ts";
import type { Message } from "../../message.ts";
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
    return toTokens(this.#chars);
  }
}

export function estimateUsage({ messages, task }: Pick<Call, "messages" | "task">, output: OutputCounter): Usage {
  const texts = task?.type === "embed" ? task.inputs : [];
  const inputChars = [...texts.map(({ length }) => length), ...messages.map(countMessage)].reduce((a, b) => a + b, 0);
  return { inputTokens: toTokens(inputChars), outputTokens: output.tokens, isEstimated: true };
}

function toTokens(chars: number): number {
  return Math.ceil(chars / charsPerToken);
}

function countMessage({ content, toolCalls = [] }: Message): number {
  const calls = toolCalls.reduce((chars, { name, arguments: args }) => chars + name.length + args.length, 0);
  if (typeof content === "string") return calls + content.length;
  return content.reduce((chars, part) => chars + (part.type === "text" ? part.text.length : 0), calls);
}
