const table: ReadonlyMap<string, readonly string[]> = new Map(
  "can't:can not|cannot:can not|won't:will not|shan't:shall not|ain't:be not|let's:let us|i'm:i am|dont:do not|doesnt:does not|didnt:did not|cant:can not|isnt:is not|arent:are not|wasnt:was not|werent:were not|havent:have not|hasnt:has not|couldnt:could not|shouldnt:should not|wouldnt:would not|im:i am|ive:i have|whats:what is|wheres:where is|hows:how is|gonna:going to|wanna:want to|gotta:have to|everyday:every day|ok:okay|everybody:everyone|anybody:anyone|somebody:someone"
    .split("|")
    .map((entry) => entry.split(":") as [string, string])
    .map(([word, words]) => [word, words.split(" ")] as const),
);
const endings: Readonly<Record<string, string>> = { re: "are", ve: "have", ll: "will", d: "would" };
/** After these words, 's is not a possessive. */
const subjects = new Set("what where how who when why that there here it he she everything".split(" "));

/** The words that a contraction stands for; a possessive loses its ending. */
export function expandContraction(word: string): readonly string[] {
  const known = table.get(word);
  if (known) return known;
  if (!word.includes("'")) return [word];
  if (word.endsWith("n't")) return [word.slice(0, -3), "not"];
  const at = word.lastIndexOf("'");
  const stem = word.slice(0, at);
  const ending = word.slice(at + 1);
  if (endings[ending] !== undefined) return [stem, endings[ending]];
  if (ending === "s") return subjects.has(stem) ? [stem, "is"] : [stem];
  return [ending === "" ? stem : word];
}
