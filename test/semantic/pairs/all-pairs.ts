import { hostileFacts } from "./hostile-facts.ts";
import { hostileForms } from "./hostile-forms.ts";
import { hostileLong } from "./hostile-long.ts";
import { hostileWords } from "./hostile-words.ts";
import { devParaphrases } from "./paraphrases-dev.ts";
import { heldOutParaphrases } from "./paraphrases-held-out.ts";

/** `dev`: the rules were made with it in view. `held-out`: it was only counted. */
type Part = "dev" | "held-out";

export interface ListedPair {
  readonly text: string;
  readonly other: string;
  /** What turns the meaning, or what the texts are about. */
  readonly category: string;
  readonly part: Part;
}

type Table = Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** Those of grammar were thought up while the rules were made; of the others, every second one is held out. */
function toHostilePart(category: string, at: number): Part {
  return category === "grammar" || at % 2 === 0 ? "dev" : "held-out";
}

/** Pairs of which one must never get the other's answer. */
export const hostilePairs: readonly ListedPair[] = [hostileWords, hostileFacts, hostileForms, hostileLong].flatMap(
  (table) => list(table, toHostilePart),
);

/** Pairs that may share an answer. */
export const paraphrases: readonly ListedPair[] = [
  ...list(devParaphrases, () => "dev"),
  ...list(heldOutParaphrases, () => "held-out"),
];

/** Every text by the number of its meaning: texts of one number are paraphrases of each other. */
export const meanings: ReadonlyMap<string, number> = numberMeanings();

function list(table: Table, toPart: (category: string, at: number) => Part): readonly ListedPair[] {
  return Object.entries(table).flatMap(([category, pairs]) =>
    pairs.map(([text, other], at) => ({ text, other, category, part: toPart(category, at) })),
  );
}

function numberMeanings(): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { text, other } of paraphrases) {
    const number = numbers.get(text) ?? numbers.get(other) ?? numbers.size;
    numbers.set(text, number).set(other, number);
  }
  for (const text of hostilePairs.flatMap((pair) => [pair.text, pair.other])) {
    if (!numbers.has(text)) numbers.set(text, numbers.size);
  }
  return numbers;
}
