import * as fc from "fast-check";
import type { Joint } from "./joint.ts";

/** Answers that are hard to join: scripts without spaces, joined emoji, code, lists, and texts that repeat themselves. */
export const answers = {
  prose:
    "The capital of France is Paris. It lies on the Seine, and about two million people live there. Most visitors come in spring, when the chestnut trees along the boulevards are in flower and the evenings are mild.",
  repetition:
    "It was a very very very long road, a very very very dusty road, and they walked it very very very slowly, day after day after day, until they came to the very very very end of it.",
  refrain:
    "Row, row, row your boat,\nGently down the stream,\nMerrily, merrily, merrily, merrily,\nLife is but a dream.\n\nRow, row, row your boat,\nGently down the stream,\nMerrily, merrily, merrily, merrily,\nLife is but a dream.\n",
  code: 'Here is the function:\n\n```python\ndef total(items):\n    result = 0\n    for item in items:\n        if item.price is not None:\n            result += item.price\n        else:\n            result += 0\n    return result\n```\n\nCall it with `total(items)`, and compare "result" to 0.\n',
  list: "## Steps\n\n1. Open the settings.\n2. Choose **Network**.\n   - Wi-Fi: pick your network.\n   - Cable: nothing to do.\n3. Press *Save*.\n\n| name | value |\n| --- | --- |\n| ssid | home |\n| mode | auto |\n",
  chinese:
    "巴黎是法国的首都，位于塞纳河畔，大约有两百万人口居住在那里。大多数游客在春天来访，那时林荫大道两旁的栗子树正在开花，夜晚也很温和。这座城市以博物馆、咖啡馆和建筑闻名于世。",
  japanese:
    "東京は日本の首都で、世界でもっとも人口の多い都市のひとつです。春には桜が咲き、たくさんの人が公園に集まります。夏はとても暑く、秋は紅葉がきれいです。",
  thai: "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย มีแม่น้ำเจ้าพระยาไหลผ่าน และมีวัดสวยงามจำนวนมากที่นักท่องเที่ยวนิยมไปเยี่ยมชม",
  emoji:
    "The whole family 👩‍👩‍👧‍👦 came to the party 🎉🎉, waved flags 🏳️‍🌈🇫🇷🇯🇵, and danced 💃🏽🕺🏿 until the band stopped at midnight. A naïve cafe\u0301 owner served crème brûlée.",
  german:
    "Die Donaudampfschifffahrtsgesellschaft wurde 1829 gegründet. Größere Schiffe fuhren ab 1840, und schon wenige Jahre später war sie die größte Binnenreederei der Welt. Heute erinnert ein Museum daran.",
  arabic: "باريس هي عاصمة فرنسا، وتقع على نهر السين، ويعيش فيها نحو مليوني نسمة، ويزورها كثير من الناس في فصل الربيع.",
} as const;

export const anyAnswer = fc.constantFrom(...Object.values(answers));

/** Texts of few letters, so that everything in them repeats, with all that is hard about characters. */
export const anyRepetitiveText = fc
  .array(
    fc.constantFrom("a", "b", " ", " ", "\n", "very ", "the ", "Aa", "é", "e\u0301", "👩‍👧", "国", "- ", "```\n", "."),
    {
      minLength: 1,
      maxLength: 80,
    },
  )
  .map((units) => units.join(""));

/** A text and a place to break it, as a fraction. */
export const anyBreak = fc.double({ min: 0, max: 1, noNaN: true });

export const anyChunks = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 12 });

/** Cuts a text into pieces of these lengths, over and over. */
export function chunk(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, count = 0; at < text.length; count += 1) {
    const length = lengths[count % lengths.length]!;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

export interface Fed {
  readonly text: string;
  readonly state: Joint["state"];
  readonly because: string | undefined;
  /** Each piece that was passed on. */
  readonly passed: readonly string[];
}

export function feed(joint: Joint, pieces: Iterable<string>): Fed {
  const passed: string[] = [];
  for (const piece of pieces) passed.push(joint.push(piece));
  passed.push(joint.end());
  const told = passed.filter((text) => text !== "");
  return { text: told.join(""), state: joint.state, because: joint.refusal ?? joint.proof, passed: told };
}
