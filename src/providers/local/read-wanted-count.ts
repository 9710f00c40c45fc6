export interface WantedCount {
  readonly atLeast: number;
  readonly atMost: number;
}

const spelled = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");
const figure = `(\\d{1,3}|a|an|${spelled.join("|")})`;

/** Reads "3 bullets", "three to five", "at most 40 words", "between 2 and 4 sentences" out of instructions. */
export function readWantedCount(text: string, unit: string): WantedCount | undefined {
  const noun = `(?:[a-z-]{2,16} ){0,2}?(?:${unit})\\b`;
  const range = new RegExp(`\\b${figure}(?: ?(?:-|–|to|or) ?| and )${figure} ${noun}`, "iu").exec(text);
  if (range) return order(toNumber(range[1]!), toNumber(range[2]!));
  const most = new RegExp(
    `\\b(?:at most|up to|no more than|maximum of|max\\.?|under|fewer than|less than|within) ${figure} ${noun}`,
    "iu",
  ).exec(text);
  if (most) return { atLeast: 1, atMost: toNumber(most[1]!) };
  const least = new RegExp(`\\b(?:at least|minimum of|min\\.?|more than) ${figure} ${noun}`, "iu").exec(text);
  if (least) return { atLeast: toNumber(least[1]!), atMost: toNumber(least[1]!) + 2 };
  const exact = new RegExp(`\\b${figure} ${noun}`, "iu").exec(text);
  if (!exact) return undefined;
  const count = toNumber(exact[1]!);
  return { atLeast: count, atMost: count };
}

/** Of "up to five" as many as suit the size of the text. */
export function clampCount({ atLeast, atMost }: WantedCount, suitable: number): number {
  return Math.max(atLeast, Math.min(atMost, Math.ceil(suitable)));
}

function toNumber(text: string): number {
  const at = spelled.indexOf(text.toLowerCase());
  if (at !== -1) return at;
  return /^\d/u.test(text) ? Number(text) : 1;
}

function order(a: number, b: number): WantedCount {
  return { atLeast: Math.min(a, b), atMost: Math.max(a, b) };
}
