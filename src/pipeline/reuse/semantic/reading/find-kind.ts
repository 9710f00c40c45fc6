import { isMatter } from "./is-matter.ts";
import { articles, modals, prepositions, questionWords } from "./function-words.ts";
import type { Token } from "./token.ts";
import { verbs } from "./word-forms.ts";

/** What a clause asks for, and the tokens that say about what. */
export interface ClauseKind {
  /** A kind of `phrases.ts`, or "" for a statement, a request, and a question whose first word tells. */
  readonly kind: string;
  readonly rest: readonly Token[];
}

const kinds: ReadonlySet<string> = new Set(["HOW", "CAN", "WHY", "WHEN", "WHERE", "HOWLONG", "PRICE", "ASK"]);
const permissions: ReadonlySet<string> = new Set(["can", "could", "may"]);
/** What is an amount by itself: its price is the same as what it is. */
const amounts: ReadonlySet<string> = new Set(
  "balance charge cost fee fine limit penalty price rate rent salary".split(" "),
);

export function findKind(tokens: readonly Token[], isQuestion: boolean): ClauseKind {
  const [first, ...rest] = tokens;
  if (first === undefined) return { kind: "", rest };
  if (kinds.has(first.text)) return readKind(first, rest);
  if (first.text === "what" || first.text === "how") return readQuestion(first.text, tokens);
  if (first.text === "be") return readBeing(tokens);
  if (permissions.has(first.text)) return { kind: "CAN", rest };
  const asks =
    first.text === "do" ||
    first.text === "have" ||
    modals.has(first.text) ||
    (isQuestion && !questionWords.has(first.text) && !isRequest(first));
  return { kind: asks ? "ASK" : "", rest: tokens };
}

function readKind({ text, form }: Token, rest: readonly Token[]): ClauseKind {
  if (text === "PRICE" && amounts.has(rest.at(-1)?.text ?? "")) return { kind: "", rest: [{ text: "what" }, ...rest] };
  return { kind: text, rest: form === undefined ? rest : [{ text: "do", form }, ...rest] };
}

/** "How much does it cost" and "what does it cost" ask for a price, "what does it mean" for what it is. */
function readQuestion(word: string, tokens: readonly Token[]): ClauseKind {
  const isHowMuch = word === "how" && tokens[1]?.text === "much";
  const subject = isHowMuch ? 2 : 1;
  const hasSubject = tokens[subject]?.text === "do" && (isHowMuch || word === "what");
  const cost = tokens.findIndex(({ text }, at) => text === "price" && isVerb(tokens, at));
  if (hasSubject && cost > subject + 1) return { kind: "PRICE", rest: tokens.toSpliced(cost, 1).slice(subject + 1) };
  if (word === "how") return { kind: "", rest: tokens };
  if (hasSubject && tokens.at(-1)?.text === "mean")
    return { kind: "", rest: tokens.toSpliced(subject, 1).slice(0, -1) };
  // "What port" asks like "which port".
  return { kind: "", rest: isMatter(tokens[1]?.text ?? "") ? [{ text: "which" }, ...tokens.slice(1)] : tokens };
}

/** "The price includes" has it as a noun. */
function isVerb(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1]?.text;
  return !articles.has(tokens[at - 1]?.text ?? "") && (next === undefined || prepositions.has(next));
}

/** "Is he allowed to" asks like "can he", "is it available" like "do you have it". */
function readBeing(tokens: readonly Token[]): ClauseKind {
  const permission = tokens.findIndex(({ text }) => permissions.has(text));
  if (permission > 0) return { kind: "CAN", rest: tokens.toSpliced(permission, 1).slice(1) };
  if (tokens.at(-1)?.text !== "available") return { kind: "ASK", rest: tokens };
  return { kind: "ASK", rest: [{ text: "have" }, ...tokens.slice(1, -1)] };
}

// "Can you restart it?" is a request; how it begins is gone by now.
function isRequest({ text, form }: Token): boolean {
  return form === undefined && verbs.has(text);
}
