import type { ReasoningBlock } from "../../message.ts";

/** Whether there is something to hand back. Mere text is worth nothing to another vendor's model, and dropped without a word. */
export function isSealed({ signature, encrypted, id }: ReasoningBlock): boolean {
  return (signature ?? encrypted ?? id) !== undefined;
}
