/** So many characters of a beginning are no accident. */
const proofChars = 32;

export interface Head {
  /** The first characters that are sent, from the first visible one on. */
  readonly text: string;
  /** An answer that begins so starts over: the head is long, and stands nowhere else in what was sent. */
  readonly isProof: boolean;
}

export function readHead(sent: string): Head {
  const visible = sent.trimStart();
  const text = visible.slice(0, proofChars);
  return { text, isProof: text.length === proofChars && !visible.includes(text, 1) };
}
