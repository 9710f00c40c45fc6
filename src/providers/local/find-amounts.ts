import type { Mention } from "./mention.ts";
import type { Sentence } from "./split-sentences.ts";

export interface NumberMention extends Mention {
  readonly value: number;
  readonly kind: "money" | "percentage" | "plain";
  /** ISO 4217, for money. */
  readonly currency?: string;
}

const symbols: Readonly<Record<string, string>> = {
  "€": "EUR",
  $: "USD",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₩": "KRW",
  "₽": "RUB",
  "₺": "TRY",
  US$: "USD",
  C$: "CAD",
  CA$: "CAD",
  A$: "AUD",
};
const currencyWords: Readonly<Record<string, string>> = {
  euro: "EUR",
  euros: "EUR",
  dollar: "USD",
  dollars: "USD",
  pound: "GBP",
  pounds: "GBP",
  yen: "JPY",
  rupees: "INR",
  franc: "CHF",
  francs: "CHF",
  cents: "USD",
};
const codes = "EUR USD GBP JPY CHF CAD AUD NZD SEK NOK DKK PLN CZK HUF CNY INR KRW BRL MXN ZAR TRY SGD HKD".split(" ");
const magnitudes: Readonly<Record<string, number>> = {
  hundred: 1e2,
  thousand: 1e3,
  k: 1e3,
  million: 1e6,
  millions: 1e6,
  mio: 1e6,
  m: 1e6,
  mn: 1e6,
  billion: 1e9,
  bn: 1e9,
  b: 1e9,
  mrd: 1e9,
  trillion: 1e12,
};
const spelled = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

const symbol = Object.keys(symbols)
  .sort((a, b) => b.length - a.length)
  .map((name) => name.replaceAll("$", "\\$"))
  .join("|");
const code = codes.join("|");
const magnitude = `(?<magnitude>hundred|thousand|millions?|mio|billion|trillion|mrd|mn|bn|[kmb])`;
const figure = "(?<figure>\\d{1,3}(?:[,.'’ \\u00a0]\\d{3}){1,6}(?:[.,]\\d{1,2})?|\\d{1,15}(?:[.,]\\d{1,6})?)";
const pattern = new RegExp(
  `(?:(?<before>${symbol}|\\b(?:${code})\\b) ?)?(?<![\\p{L}\\p{N}_.,#-])(?<minus>[-−])?${figure}(?:[ -]?${magnitude}\\b\\.?)?` +
    `(?: ?(?<after>%|${symbol}|\\b(?:${code})\\b|per ?cent\\b|percentage points?\\b|Prozent\\b|${Object.keys(currencyWords).join("|")}))?`,
  "giu",
);
const spelledPattern = new RegExp(`(?<![\\p{L}-])(${spelled.join("|")})(?![\\p{L}-])`, "giu");

/** Sums of money, percentages and plain numbers in the order of the text; small numbers written as words too. */
export function findAmounts({ text, index }: Sentence): NumberMention[] {
  const found: NumberMention[] = [];
  if (/\d/u.test(text)) {
    for (const match of text.matchAll(pattern)) {
      const mention = toMention(match, text, index);
      if (mention) found.push(mention);
    }
  }
  for (const match of text.matchAll(spelledPattern)) {
    const value = spelled.indexOf(match[0].toLowerCase());
    // "One" is a pronoun more often than a number.
    if (value !== 1) found.push({ text: match[0], sentence: index, start: match.index, value, kind: "plain" });
  }
  return found.sort((a, b) => a.start - b.start);
}

function toMention(match: RegExpExecArray, text: string, sentence: number): NumberMention | undefined {
  const { before, minus, figure: digits, magnitude: scale, after } = match.groups as Record<string, string | undefined>;
  const end = match.index + match[0].length;
  // A digit run inside a code such as "A-1234x" is no number.
  if (/^[\p{L}\p{N}_]/u.test(text.slice(end, end + 1)) && !after) return undefined;
  const isScale = scale !== undefined && (scale.length > 1 || before !== undefined || /[KMB]/u.test(scale));
  const value = readFigure(digits!) * (isScale ? magnitudes[scale.toLowerCase()]! : 1) * (minus ? -1 : 1);
  if (!Number.isFinite(value)) return undefined;
  const start = match.index;
  const unit = after?.toLowerCase() ?? "";
  if (unit === "%" || unit.startsWith("per") || unit === "prozent")
    return { text: match[0], sentence, start, value, kind: "percentage" };
  const currency = toCurrency(before) ?? toCurrency(after);
  return currency
    ? { text: match[0], sentence, start, value: unit === "cents" ? value / 100 : value, kind: "money", currency }
    : { text: match[0], sentence, start, value, kind: "plain" };
}

function toCurrency(sign: string | undefined): string | undefined {
  if (sign === undefined) return undefined;
  const upper = sign.toUpperCase();
  return symbols[upper] ?? currencyWords[sign.toLowerCase()] ?? (codes.includes(upper) ? upper : undefined);
}

// The last separator is the decimal one unless exactly three digits follow it: 1,234.50 and 1.234,50 and 1,234 all mean what they look like.
function readFigure(digits: string): number {
  const plain = digits.replaceAll(/['’ \u00a0]/gu, "");
  const decimal = /^(?<whole>[\d.,]*?)[.,](?<part>\d{1,2}|\d{4,6})$/u.exec(plain)?.groups;
  if (decimal) return Number(`${decimal["whole"]!.replaceAll(/[.,]/gu, "")}.${decimal["part"]!}`);
  if (/^0[.,]\d{3}$/u.test(plain)) return Number(plain.replace(",", "."));
  return Number(plain.replaceAll(/[.,]/gu, ""));
}
