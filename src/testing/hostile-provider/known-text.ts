/** Repeatable numbers in [0, 1) from a text. */
export function createRandom(seed: string): () => number {
  let state = hashText(seed);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const onsets = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"];
const syllables = onsets.flatMap((onset) => ["a", "e", "i", "o", "u"].map((vowel) => onset + vowel));
const mostWords = syllables.length ** 2;
const wordsPerSentence = 9;

/**
 * The words that a healthy model says, one a token, each after the first with its space. No word comes twice in the
 * first 6,400, so that a reader can tell a lost, doubled or swapped word.
 */
export function writeKnownWords(seed: string, tokens: number): string[] {
  const random = createRandom(seed);
  const first = Math.floor(random() * mostWords);
  // Having no factor in common with the number of words, the step reaches each of them.
  const step = 10 * Math.floor(random() * 300) + 2_503;
  return Array.from({ length: tokens }, (_, index) => {
    const at = (first + index * step) % mostWords;
    const round = index < mostWords ? "" : String(Math.floor(index / mostWords));
    const word = syllables[Math.floor(at / syllables.length)]! + syllables[at % syllables.length]! + round;
    const place = index % wordsPerSentence;
    const cased = place === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word;
    const isLast = place === wordsPerSentence - 1 || index === tokens - 1;
    return `${index === 0 ? "" : " "}${cased}${isLast ? "." : ""}`;
  });
}

/** A text cut as a model would: word by word, spaces in front. */
export function cutIntoWords(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === "" ? [] : [text]);
}

// FNV-1a, 32 bits.
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
