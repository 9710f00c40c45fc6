import { open, refuse, type Finder } from "./finding.ts";
import { matchAt, skipSpace } from "./fuzzy-match.ts";
import { readHead } from "./head.ts";

/** A model that goes on by itself needs no proof; some servers return the beginning as well, or start over. */
export function createPrefillFinder(sent: string, anchor: string | undefined): Finder {
  const head = readHead(sent);
  return (text, isOver) => {
    const start = skipSpace(text, 0);
    if (start === text.length && !isOver) return open;
    const begun = text.slice(start, start + head.text.length);
    if (begun === head.text) return head.isProof ? { type: "restarted" } : refuse("repetition");
    const repeated = anchor === undefined ? "none" : matchAt(text, start, anchor);
    // Legitimate in a refrain, but so long a repetition is as likely the model's answer to an instruction.
    if (typeof repeated === "number") return refuse("repetition");
    if (!isOver && (repeated === "partial" || (begun !== "" && head.text.startsWith(begun)))) return open;
    return { type: "found", at: 0, proof: "prefill" };
  };
}
