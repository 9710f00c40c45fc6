import { articles, fillers, owners, questionWords } from "./function-words.ts";
import { comma, type Token } from "./token.ts";
import { verbs } from "./word-forms.ts";

/** What may be said or left unsaid, but not differ. */
export interface Detail {
  readonly owner?: "my" | "your";
  /** Undefined: neither an article nor an ending tells. */
  readonly count?: "a one" | "the one" | "the many" | "many";
}

export interface Word extends Detail {
  readonly text: string;
  /** It stands after an article. */
  readonly isFirst: boolean;
}

export interface Matter {
  readonly words: readonly Word[];
  /** `past` and `future`, where they are said. */
  readonly tenses: readonly string[];
}

/** How far from have its participle may stand: "have you not yet paid". */
const participleReach = 5;

/** The words that carry the matter of a clause, in their order. */
export function dropFrame(tokens: readonly Token[], kind: string): Matter {
  const words: Word[] = [];
  const tenses = new Set<string>();
  let auxiliary = "";
  let hasDo = false;
  let determiner = "";
  for (const [at, token] of tokens.entries()) {
    const { text, form } = token;
    const isOpening = words.every((word) => questionWords.has(word.text));
    if (isAuxiliary(tokens, at, isOpening && !hasDo)) {
      if (form === "past") tenses.add("past");
      hasDo ||= text === "do";
      auxiliary = text;
    } else if (isFuture(tokens, at, auxiliary)) tenses.add("future");
    else if (articles.has(text) || owners.has(text)) determiner = text;
    else if (!isEmpty(tokens, at, { kind, isFirst: words.length === 0 })) {
      const isPassive = form === "participle" ? auxiliary !== "have" : form === "past" && auxiliary === "be";
      if (form !== undefined && !isPassive) tenses.add("past");
      words.push({ ...describe(token, determiner), text: isPassive ? `${text}~` : text });
      determiner = "";
    }
  }
  if (kind === "HOWLONG" || kind === "PRICE") tenses.delete("future");
  return { words, tenses: [...tenses].sort() };
}

function isAuxiliary(tokens: readonly Token[], at: number, mayBeDo: boolean): boolean {
  const { text } = tokens[at]!;
  if (text === "be") return true;
  if (text === "do") return mayBeDo || tokens[at + 1]?.text === "not";
  return text === "have" && tokens.slice(at + 1, at + 1 + participleReach).some(({ form }) => form !== undefined);
}

/** "Will", and "going to" before a verb. */
function isFuture(tokens: readonly Token[], at: number, auxiliary: string): boolean {
  const { text } = tokens[at]!;
  if (text === "will" || text === "shall") return true;
  const isGoing = text === "go" && auxiliary === "be" && tokens[at + 1]?.text === "to";
  return isGoing && verbs.has(tokens[at + 2]?.text ?? "");
}

/** True for a word that can be left out, and nothing is lost. */
function isEmpty(
  tokens: readonly Token[],
  at: number,
  { kind, isFirst }: { readonly kind: string; readonly isFirst: boolean },
): boolean {
  const { text } = tokens[at]!;
  const next = tokens[at + 1]?.text;
  if (text === comma.text || text === "and" || fillers.has(text)) return true;
  if (text === "that") return at > 0 && next !== undefined;
  if (text === "to") return !isFirst && verbs.has(next ?? "");
  // "I cannot log in" says no more than "cannot log in".
  return text === "i" && kind === "" && isFirst;
}

function describe({ isPlural = false }: Token, determiner: string): Omit<Word, "text"> {
  const isDefinite = determiner === "the" || owners.has(determiner);
  const isFirst = determiner !== "";
  const owner = determiner === "your" ? "your" : owners.has(determiner) ? "my" : undefined;
  if (!isFirst) return { isFirst, owner, count: isPlural ? "many" : undefined };
  if (isPlural) return { isFirst, owner, count: isDefinite ? "the many" : "many" };
  return { isFirst, owner, count: isDefinite ? "the one" : "a one" };
}
