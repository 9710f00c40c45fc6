import * as fc from "fast-check";
import { expect, test } from "vitest";
import { estimateTokens } from "./estimate-tokens.ts";
import { countTokens } from "./tokens.ts";

const english =
  "The council approved the new bridge on Tuesday night, after two years of debate. It replaces a ferry that had carried commuters since 1931. Residents of the north bank had asked for it again and again; shopkeepers on the south bank fear the traffic. ";
const markdown = `# Installing

- Run \`npm ci\` first.
- Then **build**: \`npm run build\`.

| option | meaning |
|---|---|
| \`--port <number>\` | The port to listen on. |
`;
const code = `export function findShare(vendorId: string, tier: string | undefined): Share | undefined {
  if (tier === undefined || usualTiers.has(tier)) return { of: 1n, from: 1n };
  const share = shares.get(vendorId)?.get(tier);
  return share === undefined ? undefined : toShare(share);
}
`;
const json = JSON.stringify({
  id: "01939a4c",
  amount: 1290.5,
  tags: ["late", "damaged"],
  customer: { name: "Ada", city: "London" },
});

async function errorOf(text: string): Promise<number> {
  const counted = await countTokens(text);
  return Math.abs(estimateTokens(text) - counted) / counted;
}

test.each([
  ["English prose", english.repeat(8), 0.08],
  ["Markdown", markdown.repeat(8), 0.12],
  ["code", code.repeat(8), 0.12],
  ["JSON", json.repeat(8), 0.15],
  [
    "German",
    "Der Stadtrat hat am Dienstag nach zwei Jahren Streit den Bau der neuen Brücke beschlossen. ".repeat(8),
    0.25,
  ],
  [
    "French",
    "Le conseil municipal a approuvé mardi soir la construction du nouveau pont après deux ans de débat. ".repeat(8),
    0.25,
  ],
  [
    "Russian",
    "Городской совет во вторник вечером одобрил строительство нового моста после двух лет споров. ".repeat(8),
    0.3,
  ],
  ["Japanese", "市議会は火曜日の夜、二年間の議論の末に新しい橋の建設を承認しました。".repeat(8), 0.3],
  ["Chinese", "市议会经过两年的辩论，于周二晚批准修建新桥。它将取代自一九三一年以来运送通勤者的渡轮。".repeat(8), 0.3],
  ["Korean", "시의회는 이 년간의 논쟁 끝에 화요일 밤 새 다리 건설을 승인했습니다. ".repeat(8), 0.3],
  [
    "Vietnamese",
    "Hội đồng thành phố đã phê duyệt việc xây dựng cây cầu mới vào tối thứ Ba sau hai năm tranh luận. ".repeat(8),
    0.45,
  ],
  ["Arabic", "وافق المجلس البلدي مساء الثلاثاء على بناء الجسر الجديد بعد عامين من النقاش. ".repeat(8), 0.3],
])("the estimate of %s is near the count", async (_kind, text, mostError) => {
  expect(await errorOf(text)).toBeLessThan(mostError);
});

test("a long text is sampled all over: one half in another script weighs half", async () => {
  const text = english.repeat(200) + "市议会经过两年的辩论，于周二晚批准修建新桥。".repeat(2000);
  expect(await errorOf(text)).toBeLessThan(0.25);
});

test("an estimate is a whole number, grows with the text, and nothing is nothing", () => {
  expect(estimateTokens("")).toBe(0);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (first, second) => {
      const both = estimateTokens(`${first} ${second}`);
      return Number.isInteger(both) && both >= estimateTokens(first) && both >= 0;
    }),
  );
});
