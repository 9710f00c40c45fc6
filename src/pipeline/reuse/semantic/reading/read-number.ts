const smallNumbers =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(
    " ",
  );
const ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth".split(" ");
const bigNumbers = "thirty:30 forty:40 fifty:50 sixty:60 seventy:70 eighty:80 ninety:90 hundred:100 thousand:1000";

const words: ReadonlyMap<string, string> = new Map([
  ...smallNumbers.map((word, value) => [word, `#${value}`] as const),
  ...ordinals.map((word, at) => [word, `#${at + 1}th`] as const),
  ...bigNumbers
    .split(" ")
    .map((entry) => entry.split(":") as [string, string])
    .map(([word, value]) => [word, `#${value}`] as const),
  ["once", "#1x"],
  ["twice", "#2x"],
]);

const currencies: Readonly<Record<string, string>> = {
  $: "dollar",
  "€": "euro",
  "£": "gbp",
  "¥": "yen",
  "%": "percent",
};
const unitNames =
  "km:kilometer cm:centimeter mm:millimeter kg:kilogram mg:milligram ml:milliliter lb:lb lbs:lb oz:oz ft:foot min:minute mins:minute sec:second secs:second hr:hour hrs:hour kb:kb mb:mb gb:gb tb:tb";
const units: ReadonlyMap<string, string> = new Map(
  unitNames.split(" ").map((entry) => entry.split(":") as [string, string]),
);

const figure = /^(?<sign>[$€£¥])?(?<digits>\d+(?:,\d{3})*(?:\.\d+)*)(?<unit>[€%]|\p{L}{1,4})?$/u;
const time = /^(?<hour>\d{1,2})(?::(?<minute>\d\d))?(?<half>am|pm)?$/u;

/** A number written as a word. */
export function readNumberWord(word: string): string | undefined {
  return words.get(word);
}

/** A unit after a number. */
export function readUnit(word: string): string | undefined {
  return units.get(word);
}

/** The tokens of what begins with a digit or a sign of money; undefined where it is a code, or anything else. */
export function readFigure(chunk: string): readonly string[] | undefined {
  const text = chunk.toLowerCase();
  const clock = time.exec(text)?.groups;
  if (clock?.["half"] !== undefined || clock?.["minute"] !== undefined) return [readTime(clock)];
  const { sign, digits = "", unit = "" } = figure.exec(text)?.groups ?? {};
  if (digits === "") return undefined;
  // 1,000 is a number; 1,00 and 12,3456 are not taken for any.
  if (digits.includes(",") && !/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/u.test(digits)) return undefined;
  const number = `#${digits.replaceAll(",", "")}`;
  if (sign !== undefined) return unit === "" ? [number, currencies[sign]!] : undefined;
  if (unit === "") return [number];
  if (/^(?:st|nd|rd|th)$/u.test(unit)) return [`${number}th`];
  const name = currencies[unit] ?? units.get(unit);
  return name === undefined ? undefined : [number, name];
}

/** The time that an hour and the word after it make, as in 5 pm. */
export function joinTime(number: string, half: string): string | undefined {
  const clock = time.exec(`${number.slice(1)}${half.replaceAll(".", "").toLowerCase()}`)?.groups;
  return clock?.["half"] === undefined ? undefined : readTime(clock);
}

function readTime({ hour, minute = "00", half }: Readonly<Record<string, string | undefined>>): string {
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === "pm" ? 12 : 0);
  return `#${String(hours)}:${minute}`;
}
