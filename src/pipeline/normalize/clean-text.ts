/** Brings one text into the form that prompts, filters and caches work on. Linear in its length. */
export function cleanText(text: string, whitespace: "collapse" | "keep"): string {
  const clean = plain.test(text) ? text : cleanUnicode(text);
  return whitespace === "collapse" ? collapse(clean) : clean;
}

const plain = /^[\x20-\x7e\n\t]*$/;

function cleanUnicode(text: string): string {
  const broken = text.replace(lineBreak, "\n");
  if (!mayHide.test(broken)) return broken.normalize("NFC");
  let clean = cutMarks(broken).normalize("NFC");
  // What is dropped may let its neighbours compose, and then a joiner behind them has lost its meaning: cleaning twice
  // has to change nothing more. Two passes do for all text that is not made to resist.
  for (let pass = 0; pass < mostPasses; pass++) {
    const next = cutMarks(dropInvisible(clean)).normalize("NFC");
    if (next === clean) return clean;
    clean = next;
  }
  return clean.replace(invisible, keepLayout).normalize("NFC");
}

const mostPasses = 6;

// Vertical tab, form feed, NEL and the Unicode separators end a line as well; dropping them would join words.
const lineBreak = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;

// Anything outside of the plain letters and signs of European and East Asian text. Spares most texts the search by
// Unicode property, which takes 30 times as long.
const mayHide =
  /[^\n\t\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2100-\u2bff\u3001-\u3029\u3041-\u3096\u30a0-\u312f\u3400-\u9fff]/;

// Control characters, lone surrogates, characters that render as nothing (zero width, bidirectional controls, tags,
// selectors, fillers) and noncharacters. Invisible text can hide instructions, and splits the words that filters look for.
const invisible = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/gu;

function dropInvisible(text: string): string {
  let droppedEnd = -1;
  const keepOrDrop = (character: string, at: number): string => {
    // What would have meaning behind a character that is dropped has none behind what remains.
    if ((at !== droppedEnd || isLayout(character)) && hasMeaning(character, at, text)) return character;
    droppedEnd = at + character.length;
    return "";
  };
  return text.replace(invisible, keepOrDrop);
}

function keepLayout(character: string): string {
  return isLayout(character) ? character : "";
}

function cutMarks(text: string): string {
  return text.replace(markRun, "$1");
}

// Real text has a few marks on a letter. Normalizing sorts them in quadratic time, so a row is cut as UAX #15, section 13,
// does for its Stream-Safe Text Format.
const markRun = /(\p{M}{30})\p{M}+/gu;

function isLayout(character: string): boolean {
  return character === "\n" || character === "\t";
}

function hasMeaning(character: string, at: number, text: string): boolean {
  if (isLayout(character)) return true;
  const code = character.codePointAt(0)!;
  // Joiners and selectors mean something only right behind what they act on; a row of them hides data.
  if (code === 0x200d) return joinsEmoji(text, at) || joinsLetters(text, at);
  if (code === 0x200c) return joinsLetters(text, at);
  if (code === 0xfe0e || code === 0xfe0f) return emojiBase.test(before(text, at));
  if (code >= 0xfe00 && code <= 0xfe0d) return variedBase.test(before(text, at));
  if (code >= 0xe0100 && code <= 0xe01ef) return ideograph.test(before(text, at));
  if ((code >= 0x180b && code <= 0x180d) || code === 0x180f) return mongolian.test(before(text, at));
  return code === 0x34f && combining.test(before(text, at));
}

const emojiBase = /\p{Emoji}$/u;
const emojiEnd = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const pictograph = /^\p{Extended_Pictographic}/u;
const variedBase = /[\p{Sm}\p{Script=Han}\p{Script=Myanmar}\p{Script=Phags_Pa}]$/u;
const ideograph = /\p{Script=Han}$/u;
const mongolian = /\p{Script=Mongolian}$/u;
const combining = /\p{M}$/u;
// Scripts whose letters change their form next to each other; joiners choose the form.
const joiningScript =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]$/u;

function joinsEmoji(text: string, at: number): boolean {
  return emojiEnd.test(before(text, at)) && pictograph.test(text.slice(at + 1, at + 3));
}

function joinsLetters(text: string, at: number): boolean {
  return joiningScript.test(before(text, at));
}

function before(text: string, at: number): string {
  return text.slice(Math.max(0, at - 2), at);
}

// Only what changes is matched: most spaces are single ones, and replacing each costs 100 times the search.
const spaces = /[^\S\n]{2,}|[^\S\n ]/g;
const spacesAroundBreak = / \n ?|\n /g;
const blankLines = /\n{3,}/g;

function collapse(text: string): string {
  return text.replace(spaces, " ").replace(spacesAroundBreak, "\n").replace(blankLines, "\n\n").trim();
}
