import type { Word } from "./drop-frame.ts";
import { isMatter } from "./is-matter.ts";

/** Words whose "for" is an "of": the fee for a transfer is the transfer fee. */
const headsOfFor: ReadonlySet<string> = new Set(
  "charge code cost deadline fee form limit penalty policy price process rate requirement rule".split(" "),
);
/** Words whose "of" says no more than a compound does: the dogs' fear is not the fear of dogs. */
const headsOfOf: ReadonlySet<string> = new Set(
  `${[...headsOfFor].join(" ")} address age amount author balance birth cause color condition currency date duration effect
  height hour language length level list location menu name number owner population president quality reason rights schedule
  size status symptom temperature term time title total type value version weather weight width`.split(/\s+/u),
);
const heads: Readonly<Record<string, ReadonlySet<string>>> = { of: headsOfOf, for: headsOfFor };
const longestHead = 3;

/** "The status of the order" becomes "the order status". */
export function joinCompounds(words: readonly Word[]): readonly Word[] {
  const found = [...words];
  for (let at = found.length - 2; at > 0; at--) {
    const head = found[at - 1]!.text;
    if (heads[found[at]!.text]?.has(head) !== true) continue;
    const end = found.findIndex(({ text }, index) => index > at && !isMatter(text));
    const tail = found.slice(at + 1, end === -1 ? undefined : end);
    if (tail.length === 0) continue;
    const start = findHead(found, at);
    found.splice(start, at + 1 + tail.length - start, ...tail, ...found.slice(start, at));
  }
  return found;
}

/** Where the compound begins that ends before `at`: after an article, or it is one word. */
function findHead(words: readonly Word[], at: number): number {
  const earliest = Math.max(0, at - longestHead);
  for (let start = at - 1; start >= earliest && isMatter(words[start]!.text); start--) {
    if (words[start]!.isFirst) return start;
  }
  return at - 1;
}
