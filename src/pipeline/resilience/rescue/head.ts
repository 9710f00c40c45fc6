import { endsSentence } from "./sentence.ts";

/** So many characters of a beginning are no accident. */
const proofChars = 32;
/** Nobody repeats so much at once. */
const longChars = 400;

export interface Head {
  /** The first characters that are sent, from the first visible one on. */
  readonly text: string;
  /** An answer that begins so starts over: the head is long, stands nowhere else in what was sent, and no refrain can begin here. */
  readonly isProof: boolean;
}

export function readHead(sent: string): Head {
  const visible = sent.trimStart();
  const text = visible.slice(0, proofChars);
  const isUnique = text.length === proofChars && !visible.includes(text, 1);
  return { text, isProof: isUnique && (visible.length >= longChars || !endsSentence(visible)) };
}
