import type { Mention } from "./mention.ts";
import type { Sentence } from "./split-sentences.ts";

export interface DateMention extends Mention {
  /** Absent when neither the text nor another date of the material names a year. */
  readonly year?: number;
  readonly month: number;
  /** Absent for a month alone. */
  readonly day?: number;
  /** Seconds since midnight, when a time of day stands with the date. */
  readonly secondOfDay?: number;
}

const monthNames: readonly (readonly string[])[] = [
  ["january", "jan", "januar", "janvier", "enero"],
  ["february", "feb", "februar", "février", "febrero"],
  ["march", "mar", "märz", "mars", "marzo"],
  ["april", "apr", "avril", "abril"],
  ["may", "mai", "mayo"],
  ["june", "jun", "juni", "juin", "junio"],
  ["july", "jul", "juli", "juillet", "julio"],
  ["august", "aug", "août", "agosto"],
  ["september", "sept", "sep", "septembre", "septiembre"],
  ["october", "oct", "oktober", "okt", "octobre", "octubre"],
  ["november", "nov", "novembre", "noviembre"],
  ["december", "dec", "dezember", "dez", "décembre", "diciembre"],
];
const monthNumbers = new Map(monthNames.flatMap((names, at) => names.map((name) => [name, at + 1] as const)));
const month = `(?<month>${[...monthNumbers.keys()].sort((a, b) => b.length - a.length).join("|")})\\.?`;
const day = "(?<day>3[01]|[12]\\d|0?[1-9])";
const yearPattern = "(?<year>(?:1[6-9]|2[01])\\d\\d)";

const patterns: readonly RegExp[] = [
  /(?<!\d)(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[T ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)/gu,
  new RegExp(
    `(?<![\\p{L}\\p{N}])${day}(?:st|nd|rd|th|\\.|er)?(?: of| de)? ${month}(?:,? (?:de )?${yearPattern})?(?![\\p{L}\\p{N}])`,
    "giu",
  ),
  new RegExp(
    `(?<![\\p{L}\\p{N}])${month} ${day}(?:st|nd|rd|th)?(?:,? ${yearPattern})?(?![\\p{L}\\p{N}]|[.,]\\d)`,
    "giu",
  ),
  new RegExp(`(?<![\\p{L}\\p{N}])${month} ${yearPattern}(?![\\p{L}\\p{N}])`, "giu"),
  /(?<![\d/.-])(?<first>\d{1,2})(?<separator>[./-])(?<second>\d{1,2})\k<separator>(?<year>(?:19|20)\d{2})(?![\d/-])/gu,
];
const timeOfDay =
  /^(?:,| at| um| à| from|,? by)? ?(?<hour>[01]?\d|2[0-3])(?:[:.h](?<minute>[0-5]\d))?(?: ?(?<half>[ap])\.?m\b\.?| ?(?:Uhr|h|GMT|UTC|CET|CEST)\b)?/iu;

type Found = { -readonly [Key in keyof DateMention]: DateMention[Key] };

/** Calendar dates in the order of the text. Words such as "tomorrow" are no dates: nothing tells which day the text is from. */
export function findDates(sentences: readonly Sentence[]): readonly DateMention[] {
  const found = sentences.flatMap((sentence) => findInSentence(sentence));
  const year = found.find((mention) => mention.year !== undefined)?.year;
  for (const mention of found) mention.year ??= year;
  return found;
}

/** RFC 3339 full-date; a month alone is its first day. */
export function toIsoDate(mention: DateMention): string | undefined {
  if (mention.year === undefined) return undefined;
  return `${mention.year}-${twoDigits(mention.month)}-${twoDigits(mention.day ?? 1)}`;
}

/** RFC 3339 date-time in UTC: the texts seldom name an offset. */
export function toIsoDateTime(mention: DateMention): string | undefined {
  const date = toIsoDate(mention);
  return date && `${date}T${toIsoTime(mention)}Z`;
}

export function toIsoTime({ secondOfDay = 0 }: DateMention): string {
  const parts = [secondOfDay / 3600, (secondOfDay / 60) % 60, secondOfDay % 60];
  return parts.map((part) => twoDigits(Math.floor(part))).join(":");
}

function findInSentence({ text, index }: Sentence): Found[] {
  if (!/\d/u.test(text)) return [];
  const found: Found[] = [];
  const spans: { start: number; end: number }[] = [];
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const span = { start: match.index, end: match.index + match[0].length };
      if (spans.some((other) => span.start < other.end && other.start < span.end)) continue;
      // The month of "31 February 2026" is no date either.
      spans.push(span);
      const mention = toMention(match, text, index);
      if (mention) found.push(mention);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function toMention(match: RegExpMatchArray, text: string, sentence: number): Found | undefined {
  const groups = match.groups!;
  let monthNumber = monthNumbers.get(groups["month"]?.toLowerCase() ?? "") ?? Number(groups["month"]);
  let dayNumber = groups["day"] === undefined ? undefined : Number(groups["day"]);
  if (groups["first"] !== undefined) [dayNumber, monthNumber] = orderDayMonth(groups);
  const yearNumber = groups["year"] === undefined ? undefined : Number(groups["year"]);
  if (!isCalendarDay(yearNumber ?? 2000, monthNumber, dayNumber ?? 1)) return undefined;
  // "May" in "you may 2 ..." is a verb: only the capitalised month counts.
  if (groups["month"]?.toLowerCase() === "may" && groups["month"] === "may") return undefined;
  const secondOfDay = groups["hour"] ? toSeconds(groups) : findTime(text.slice(match.index! + match[0].length));
  return {
    text: match[0],
    sentence,
    start: match.index!,
    month: monthNumber,
    year: yearNumber,
    day: dayNumber,
    secondOfDay,
  };
}

// 03/12/2026 is read as the United States write it; dots and dashes put the day first.
function orderDayMonth(groups: Readonly<Record<string, string>>): [day: number, month: number] {
  const first = Number(groups["first"]);
  const second = Number(groups["second"]);
  const monthFirst = second > 12 || (groups["separator"] === "/" && first <= 12);
  return monthFirst ? [second, first] : [first, second];
}

function isCalendarDay(yearNumber: number, monthNumber: number, dayNumber: number): boolean {
  const date = new Date(Date.UTC(yearNumber, monthNumber - 1, dayNumber));
  return date.getUTCMonth() === monthNumber - 1 && date.getUTCDate() === dayNumber && yearNumber > 0;
}

function findTime(after: string): number | undefined {
  const groups = timeOfDay.exec(after.slice(0, 24))?.groups;
  const saysTime = groups?.["minute"] !== undefined || groups?.["half"] !== undefined;
  return groups && saysTime ? toSeconds(groups) : undefined;
}

function toSeconds(groups: Readonly<Record<string, string | undefined>>): number {
  const half = groups["half"]?.toLowerCase();
  const hour = (Number(groups["hour"]) % (half ? 12 : 24)) + (half === "p" ? 12 : 0);
  return (hour % 24) * 3600 + Number(groups["minute"] ?? 0) * 60 + Number(groups["second"] ?? 0);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
