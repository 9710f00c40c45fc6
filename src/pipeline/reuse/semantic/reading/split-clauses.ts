import { capitalNames, capitalSenses, foreignWords } from "./function-words.ts";
import { findLemma } from "./find-lemma.ts";
import { joinTime, readFigure, readNumberWord, readUnit } from "./read-number.ts";
import { expandContraction } from "./contractions.ts";
import { comma, type Clause, type Token } from "./token.ts";

const quoted = "`[^`]*`|\"[^\"]*\"|(?<![\\p{L}\\p{N}])'[^']+'(?![\\p{L}\\p{N}])";
const pieces = new RegExp(
  `(?<quoted>${quoted})|(?<mark>[.?!;]+(?=\\s|$|["'’)]))|(?<word>[^\\s"\`]+?(?=[.?!;]+(?:\\s|$)|[\\s"\`]|$))`,
  "gu",
);
/** Signs of code and formulas, in which every sign counts. */
const code =
  /[<>{}[\]\\|^~*=;]\S|[<>{}[\]\\|^~*=]|\+(?!\+?(?:\s|$|[.?!,]))|\(\)|\s[+/](?=\s)|(?<=\s)[-–]{1,2}\p{L}|!\p{L}|&&|\+\+\S|--/u;
/** Latin letters with signs that English words do not have, and every other script. */
const foreignLetters = /[\p{L}--[a-zA-ZéèêïçÉ]]/v;
const wordShape = /^\p{L}+(?:['-]\p{L}+)*'?$/u;
/** Prefixes that make another word with a hyphen than without. */
const keptHyphen = /^(?:re|un|non|co|pre|post|anti|de|ex|pro|semi|mis|dis|in)-/u;

/** The clauses of an English text. Undefined where it is in another language, or holds code. */
export function splitClauses(text: string): readonly Clause[] | undefined {
  const clean = text.normalize("NFC").replaceAll(/[‘’]/gu, "'").replaceAll(/[“”]/gu, '"');
  if (code.test(clean.replaceAll(new RegExp(quoted, "gu"), " ")) || foreignLetters.test(clean)) return undefined;
  const isShouted = !/\p{Ll}/u.test(clean);
  const clauses: Clause[] = [];
  let tokens: Token[] = [];
  const close = (mark: string): void => {
    if (tokens.length > 0) clauses.push({ tokens, isQuestion: mark.includes("?") });
    tokens = [];
  };
  for (const { groups } of clean.matchAll(pieces)) {
    const { quoted: quote, mark, word = "" } = groups as Record<string, string | undefined>;
    if (mark !== undefined) close(mark);
    else if (quote !== undefined) tokens.push({ text: `=${quote}` });
    else if (!pushWord(tokens, word, isShouted)) return undefined;
  }
  close("");
  return clauses;
}

/** False: the word is of another language. */
function pushWord(tokens: Token[], chunk: string, isShouted: boolean): boolean {
  const bare = chunk.replace(/^[([]+/u, "").replace(/[)\],:]+$/u, "");
  const endsPart = /[,:]\)*$/u.test(chunk);
  if (/^[-–—]*$/u.test(bare)) {
    // Between numbers a dash may take one from the other.
    tokens.push(tokens.at(-1)?.text.startsWith("#") === true ? { text: "=-" } : comma);
    return true;
  }
  if (wordShape.test(bare)) {
    const isFirst = tokens.length === 0;
    const lower = bare.toLowerCase();
    if (foreignWords.has(bare) || (isFirst && foreignWords.has(lower))) return false;
    if (isShouted) pushLower(tokens, lower);
    else if (isName(bare, isFirst)) tokens.push({ text: bare === bare.toUpperCase() ? `=${bare}` : `^${lower}` });
    else if (!isFirst && /^\p{Lu}/u.test(bare) && !bare.includes("'")) tokens.push(...readCapital(lower));
    else pushLower(tokens, lower);
  } else pushFigure(tokens, bare);
  if (endsPart) tokens.push(comma);
  return true;
}

function isName(word: string, isFirst: boolean): boolean {
  const lower = word.toLowerCase();
  if (word.length > 1 && word === word.toUpperCase()) return capitalNames.has(lower);
  return !isFirst && (word === "A" || (/^\p{Lu}/u.test(word) && capitalSenses.has(lower)));
}

// A name keeps its ending: Wales and Brussels are no plurals. Days are.
function readCapital(lower: string): readonly Token[] {
  if (lower.endsWith("days")) return [findLemma(lower)];
  return lower.split("-").map((text) => ({ text }));
}

function pushLower(tokens: Token[], lower: string): void {
  const parts = keptHyphen.test(lower) ? [lower] : lower.split("-");
  for (const word of parts.flatMap((part) => expandContraction(part))) {
    const last = tokens.at(-1)?.text ?? "";
    const time = last.startsWith("#") ? joinTime(last, word) : undefined;
    if (time !== undefined) tokens.splice(-1, 1, { text: time });
    else {
      const number = readNumberWord(word) ?? (last.startsWith("#") ? readUnit(word) : undefined);
      tokens.push(number === undefined ? findLemma(word) : { text: number });
    }
  }
}

function pushFigure(tokens: Token[], chunk: string): void {
  const last = tokens.at(-1)?.text ?? "";
  const time = last.startsWith("#") ? joinTime(last, chunk) : undefined;
  if (time !== undefined) tokens.splice(-1, 1, { text: time });
  else if (chunk !== "") tokens.push(...(readFigure(chunk) ?? [`=${chunk}`]).map((text) => ({ text })));
}
