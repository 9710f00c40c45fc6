import type { Pace } from "./pace-work.ts";
import { contentStems } from "./split-words.ts";

export interface Sentence {
  /** One line, single spaces. */
  readonly text: string;
  readonly index: number;
  readonly paragraph: number;
  /** Stems of its topic words, with repeats. */
  readonly stems: readonly string[];
  /** A line that stands alone without an end mark. */
  readonly isHeading: boolean;
}

// A sentence that does not end by itself is cut near this length, which bounds every pattern that runs over one.
const maxSentenceCharacters = 1_000;

const listItem = /^\s{0,8}(?:[-*•‣▪–]|\d{1,2}[.)])\s+/u;
const markdownHeading = /^#{1,6}\s+/u;
const endMark = /[.!?…。！？"”»)]$/u;
const abbreviations = new Set(
  "mr mrs ms dr prof st sr jr vs etc e.g i.e cf no nos vol fig approx dept est inc ltd co corp bros gen col sgt capt lt rev hon sen rep gov pres jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun bzw z.b d.h ca nr usw u.a m.e art al u.s u.k u.n a.m p.m ph.d".split(
    " ",
  ),
);

export async function splitSentences(text: string, pace: Pace): Promise<Sentence[]> {
  const sentences: Sentence[] = [];
  for (const [paragraph, block] of splitParagraphs(text).entries()) {
    for (const piece of cutAtEndMarks(block.text)) {
      if (!/[\p{L}\p{N}]/u.test(piece)) continue;
      sentences.push({
        text: piece,
        index: sentences.length,
        paragraph,
        stems: contentStems(piece),
        isHeading: block.isHeading,
      });
      await pace(piece.length);
    }
  }
  return sentences;
}

interface Block {
  readonly text: string;
  readonly isHeading: boolean;
}

function splitParagraphs(text: string): Block[] {
  const blocks: Block[] = [];
  let open: string[] = [];
  const close = (): void => {
    const joined = open.join(" ").replace(/\s+/gu, " ").trim();
    const isHeading = open.length === 1 && joined.length <= 120 && !endMark.test(joined) && !/[,;:]$/u.test(joined);
    if (joined !== "") blocks.push({ text: joined, isHeading });
    open = [];
  };
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029]/u)) {
    const bare = line.replace(markdownHeading, "").replace(listItem, "");
    if (bare.trim() === "") close();
    else if (bare !== line) {
      close();
      open.push(bare);
      if (markdownHeading.test(line)) close();
    } else {
      if (open.length > 0 && startsAnew(open.at(-1)!, line)) close();
      open.push(line);
    }
  }
  close();
  return blocks;
}

// A short line without an end mark before a capital is its own line; a long one was wrapped by an editor.
function startsAnew(previous: string, line: string): boolean {
  const before = previous.trim();
  return before.length < 50 && !/[.!?,;–-]$/u.test(before) && /^\s*[\p{Lu}\p{N}"“]/u.test(line);
}

// "LINDHOLM, 12 March 2026 - The port ..." says where and when, and is no part of the first sentence.
const dateline =
  /^(?:\p{Lu}[\p{L} .'’-]{1,40}, )?(?:\d{1,2} \p{L}{3,12}|\p{L}{3,12} \d{1,2},) \d{4} ?[-–—]{1,2} (?=\S)/u;

function cutAtEndMarks(paragraph: string): string[] {
  const pieces: string[] = [];
  let start = dateline.exec(paragraph)?.[0].length ?? 0;
  if (start > 0) pieces.push(paragraph.slice(0, start).trim());
  for (const match of paragraph.matchAll(/[.!?…]{1,8}["'”’»)\]]{0,4}(?=\s|$)|[。！？]{1,8}[”」』）]{0,4}/gu)) {
    const end = match.index + match[0].length;
    if (!endsSentence(paragraph, start, match.index, end)) continue;
    pieces.push(...cutLong(paragraph.slice(start, end).trim()));
    start = end;
  }
  const rest = paragraph.slice(start).trim();
  if (rest !== "") pieces.push(...cutLong(rest));
  return pieces;
}

function endsSentence(paragraph: string, start: number, mark: number, end: number): boolean {
  if (/^\s*[\p{Ll}]/u.test(paragraph.slice(end, end + 4))) return false;
  if (paragraph[mark] !== "." || paragraph[mark + 1] === ".") return true;
  const lastWord = /[\p{L}\p{N}.]{1,20}$/u.exec(paragraph.slice(Math.max(start, mark - 20), mark))?.[0] ?? "";
  const isInitial = /^(?:\p{Lu}|\p{Lu}\.\p{Lu})$/u.test(lastWord) && end < paragraph.length;
  const isOrdinal =
    /^\d{1,2}$/u.test(lastWord) && (mark - start <= 2 || germanMonth.test(paragraph.slice(end, end + 12)));
  return !isInitial && !isOrdinal && !(abbreviations.has(lastWord.toLowerCase()) && end < paragraph.length);
}

const germanMonth = /^ (?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)/u;

function cutLong(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > maxSentenceCharacters) {
    const space = rest.lastIndexOf(" ", maxSentenceCharacters);
    const cut = space > 0 ? space : wholeCharacter(rest, maxSentenceCharacters);
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return rest === "" ? pieces : [...pieces, rest];
}

function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}
