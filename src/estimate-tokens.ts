/**
 * About how many o200k tokens a text has, in one look at each of its characters: a fortieth of the time that counting
 * takes. On 800 excerpts of Markdown, JSON, code and licences that it was not fitted to it is 4 to 10 % off on average,
 * and in 9 of 10 at most 15 %; most other languages are up to 25 % off.
 */
export function estimateTokens(text: string): number {
  if (text.length <= maxScannedChars) return Math.ceil(scan(text, 0, text.length));
  const step = text.length / windows;
  let tokens = 0;
  for (let window = 0; window < windows; window++) {
    const from = Math.floor(window * step);
    tokens += scan(text, from, from + maxScannedChars / windows);
  }
  return Math.ceil((tokens * text.length) / maxScannedChars);
}

// Of a longer text as much is looked at, in windows at even distances.
const maxScannedChars = 32_768;
const windows = 32;

const lower = 0;
const upper = 1;
const digit = 2;
const punctuation = 3;
const blank = 4;

const asciiClasses = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) return lower;
  if (/[A-Z]/.test(char)) return upper;
  if (/\d/.test(char)) return digit;
  return code <= 32 ? blank : punctuation;
});

/** Fitted by least squares of the relative error to the counts of 85 texts: prose, Markdown, code, JSON, 25 languages. */
const weights = {
  word: 0.87,
  /** Of a word, for each letter after the sixth. */
  longWord: 0.376,
  /** A capital within a word. */
  capital: 0.18,
  /** For up to three digits. */
  digits: 1.46,
  punctuationRun: 1.12,
  /** A letter of Latin that is not ASCII, over what its word has. */
  accent: 0.8,
} as const;

const lettersOfShortWord = 6;

/** Tokens of one character, by the first code unit that is beyond the script. */
const scripts: readonly (readonly [end: number, tokens: number])[] = [
  [0x370, 0.6], // Phonetic signs, combining marks
  [0x590, 0.31], // Greek, Cyrillic, Armenian
  [0x900, 0.34], // Hebrew, Arabic
  [0x1100, 0.4], // Of India, Thai, Georgian
  [0x2000, 0.7],
  [0x3040, 0.6], // Signs
  [0x3100, 0.65], // Kana
  [0xac00, 0.87], // Han
  [0xd7b0, 0.8], // Hangul
  [0xe000, 0.9], // Halves of emoji and of rare signs
  [0x10000, 0.7],
];

/** The second block is mostly Vietnamese. */
function isLatin(code: number): boolean {
  return code < 0x250 || (code >= 0x1e00 && code < 0x1f00);
}

// Counts each kind and weighs them at the end: this is the one loop over every character of every prompt.
function scan(text: string, from: number, to: number): number {
  let [words, longs, capitals, digits, runs, accents, others] = [0, 0, 0, 0, 0, 0, 0];
  let last = blank;
  let run = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    let kind = lower;
    if (code < 128) kind = asciiClasses[code]!;
    else if (isLatin(code)) accents++;
    else {
      others += weighScript(code);
      last = blank;
      continue;
    }
    run++;
    if (kind <= upper) {
      if (last > upper) {
        words++;
        run = 1;
      } else if (kind === upper && last === lower) {
        capitals++;
        run = 1;
      } else if (run > lettersOfShortWord) longs++;
    } else if (kind === digit) {
      if (last !== digit) run = 1;
      if (run % 3 === 1) digits++;
    } else if (kind === punctuation && last !== punctuation) runs++;
    last = kind;
  }
  return (
    words * weights.word +
    longs * weights.longWord +
    capitals * weights.capital +
    digits * weights.digits +
    runs * weights.punctuationRun +
    accents * weights.accent +
    others
  );
}

function weighScript(code: number): number {
  for (const [end, tokens] of scripts) if (code < end) return tokens;
  return 0;
}
