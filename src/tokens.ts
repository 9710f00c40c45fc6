import { setImmediate } from "node:timers/promises";

type Counter = (text: string, options: typeof asText) => number;

/** `<|endoftext|>` and the like are words that a user may write: the tokenizer throws at them unless it is told so. */
const asText = { disallowedSpecial: new Set<string>() };

/** Vocabularies of OpenAI's models. Those of other vendors are not published, or come near to the newer one. */
export type Encoding = "o200k_base" | "cl100k_base";

const load: Readonly<Record<Encoding, () => Promise<Counter>>> = {
  o200k_base: async () => (await import("gpt-tokenizer/encoding/o200k_base")).countTokens,
  cl100k_base: async () => (await import("gpt-tokenizer/encoding/cl100k_base")).countTokens,
};

const counters = new Map<Encoding, Promise<Counter>>();

/** The encoding that a model counts in, by its provider's own name for it. */
export function findEncoding(model: string): Encoding {
  return cl100kModel.test(model) ? "cl100k_base" : "o200k_base";
}

// GPT-4o and GPT-4.1 came with the newer one; Azure writes 3.5 as 35, and OpenRouter puts the vendor before the name.
const cl100kModel = /(?:^|\/)(?:gpt-3\.?5|gpt-4(?![o.\d])|text-embedding-(?:3|ada))/;

/**
 * Counts tokens; long texts are counted piece by piece, which may give a token or two per 1000 more.
 * A vocabulary takes up to 0.3 s and 67 MB to load, so it is loaded at the first use. @default o200k
 */
export async function countTokens(text: string, encoding: Encoding = "o200k_base"): Promise<number> {
  const loading = counters.get(encoding) ?? load[encoding]();
  counters.set(encoding, loading);
  const count = await loading;
  let tokens = 0;
  let pauseAt = charsBetweenPauses;
  for (let at = 0; at < text.length;) {
    const end = findPieceEnd(text, at);
    tokens += count(text.slice(at, end), asText);
    at = end;
    if (at < pauseAt) continue;
    pauseAt = at + charsBetweenPauses;
    await setImmediate();
  }
  return tokens;
}

/** True if the text surely has at most `limit` tokens: a token is at least one byte. Spares loading the vocabulary. */
export function surelyFits(text: string, limit: number): boolean {
  return Buffer.byteLength(text) <= limit;
}

// About 3 ms of counting, after which others have their turn.
const charsBetweenPauses = 16_384;

// The tokenizer takes quadratic time for a run without a break: 100,000 times the letter a hold the process for 5 s.
const maxPieceChars = 512;

function findPieceEnd(text: string, from: number): number {
  const end = from + maxPieceChars;
  if (end >= text.length) return text.length;
  // A token takes its leading space along, so cutting before a space changes nothing.
  const space = text.slice(from, end + 1).lastIndexOf(" ");
  if (space > maxPieceChars / 2) return from + space;
  const isInsidePair = (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isInsidePair ? end - 1 : end;
}
