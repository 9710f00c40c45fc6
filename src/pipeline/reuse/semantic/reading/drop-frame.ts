import { articles, fillers, modals, owners, questionWords } from "./function-words.ts";
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

/** In a question, how far from have its participle may stand: "have all of the guests paid". */
const participleReach = 5;
/** What may stand between have and its participle elsewhere: "I have a broken leg" is not "I have broken a leg". */
const betweenHave: ReadonlySet<string> = new Set(
  "already also always be ever just never not often only recently still yet".split(" "),
);
/** "I stopped to smoke" is not "I stopped smoking". */
const verbsOfTwoSenses: ReadonlySet<string> = new Set("forget mean need regret remember stop try".split(" "));
const auxiliaries: ReadonlySet<string> = new Set(["be", "do", "have", ...modals]);
/** "Don't, stop" is not "don't stop". */
const cutOff: ReadonlySet<string> = new Set(["no", "not"]);

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
      if (form !== undefined) auxiliary = "";
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
  return text === "have" && findParticiple(tokens, at);
}

function findParticiple(tokens: readonly Token[], at: number): boolean {
  const isInverted = at === 0 || questionWords.has(tokens[at - 1]!.text);
  for (const { text, form } of tokens.slice(at + 1, at + 1 + participleReach)) {
    if (form !== undefined) return true;
    if (!isInverted && !betweenHave.has(text)) return false;
  }
  return false;
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
  const before = tokens[at - 1]?.text ?? "";
  if (text === comma.text) return !cutOff.has(before);
  if (text === "and" || fillers.has(text)) return true;
  // "The dog that bit him" is not "the dog bit him".
  if (text === "that")
    return at > 0 && before !== "not" && next !== undefined && !verbs.has(next) && !auxiliaries.has(next);
  if (text === "to") return !isFirst && verbs.has(next ?? "") && !verbsOfTwoSenses.has(before);
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
