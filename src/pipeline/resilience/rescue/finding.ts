import type { JointProof, JointRefusal } from "./joint.ts";

/** What the beginning of a continuation shows about where it goes on. */
export type Finding =
  /** Nothing yet. */
  | { readonly type: "open" }
  /** From the index on it is what follows the last visible character that was sent; white space has to be matched. */
  | { readonly type: "found"; readonly at: number; readonly proof: JointProof }
  /** It begins with the beginning of what was sent. */
  | { readonly type: "restarted" }
  | { readonly type: "refused"; readonly refusal: JointRefusal };

/** Looks at all of a continuation so far; `isOver`: no more will come, so that `open` is no answer. */
export type Finder = (text: string, isOver: boolean) => Finding;

export const open = { type: "open" } as const satisfies Finding;

export function refuse(refusal: JointRefusal): Finding {
  return { type: "refused", refusal };
}
