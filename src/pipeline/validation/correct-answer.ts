import type { Call } from "../../call.ts";
import type { Message } from "../../message.ts";

/** What the model gets to see again of its own answer. */
const maxQuotedChars = 12_000;

/**
 * The conversation that sends an invalid answer back: the original messages, the answer (shortened) and what is wrong
 * with it. Only the newest answer is quoted, so that costs do not grow with each try.
 */
export function toCorrection(call: Call, answer: string, hints: readonly string[]): readonly Message[] {
  const quoted = shorten(answer);
  const complaint = [
    "Your answer cannot be used:",
    ...hints.map((hint) => `- ${hint}`),
    "Answer with the whole corrected JSON only: one JSON object, no other text, no code fence.",
  ].join("\n");
  return [
    ...call.messages,
    ...(quoted.trim() === "" ? [] : [{ role: "assistant", content: quoted } as const]),
    { role: "user", content: complaint },
  ];
}

function shorten(text: string): string {
  if (text.length <= maxQuotedChars) return text.toWellFormed();
  const tail = maxQuotedChars / 4;
  return `${text.slice(0, maxQuotedChars - tail)}\n...\n${text.slice(-tail)}`.toWellFormed();
}
